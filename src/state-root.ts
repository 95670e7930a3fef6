import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The folder that holds one folder for each application: as given, `BEAM_DEPLOY_STATE_DIR`, or the XDG state folder. */
export function stateRoot(given: string | undefined): string {
  const named = given ?? process.env.BEAM_DEPLOY_STATE_DIR
  if (named) return resolve(named)
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'beam-deploy')
}
