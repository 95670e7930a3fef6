import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BeamDeployError, messageOf } from './errors.ts'

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

/** Makes `dir`, which is for its owner alone, and the folders above it. */
export function makeStateFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unusable(dir, error)
  }
}

/** The names of the folders of applications that were started with `root`. */
export function appFolders(root: string): string[] {
  try {
    return readdirSync(root).filter(name => !name.startsWith('.'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unusable(root, error)
  }
}

/** The application whose folder has this name. */
export const appOfFolder = (name: string): string => name.replaceAll('+', '/')

export function unusable(dir: string, cause: unknown): BeamDeployError {
  return new BeamDeployError(
    'invalid_option',
    `the state folder ${dir} cannot be used: ${messageOf(cause)}. Correct its permissions, or name another with --state-dir.`,
    { phase: 'configure', cause },
  )
}
