import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { BeamDeployError } from './errors.ts'

/** The folder that holds one folder for each application: as given, `BEAM_DEPLOY_STATE_DIR`, or the XDG state folder. */
export function stateRoot(given: string | undefined): string {
  const named = given ?? process.env.BEAM_DEPLOY_STATE_DIR
  if (named) return resolve(named)
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'beam-deploy')
}

/** The folder of one application. A scope's slash becomes `+`: `@shop/api` is kept in `@shop+api`. */
export function appStateDir(root: string, app: string): string {
  if (!/^[\w@][\w@./+-]*$/.test(app) || app.split('/').includes('..')) {
    throw new BeamDeployError(
      'invalid_option',
      `${JSON.stringify(app)} cannot name an application: use letters, digits, "-", "_", ".", and "@scope/" before.`,
      { phase: 'configure' },
    )
  }
  return join(root, app.replaceAll('/', '+'))
}
