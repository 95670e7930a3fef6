import type { Command } from 'cac'
import { stateRoot } from '../state-root.ts'

/** What every command takes. Each option's values are a list, in the order given. */
export interface CommonOptions {
  json?: boolean
  app?: [string, ...string[]]
  stateDir?: [string, ...string[]]
}

/** Adds `--app`, `--state-dir` and `--json`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--app <name>', 'Which application, where several run')
    .option(
      '--state-dir <dir>',
      'Folder for releases and state (default: $BEAM_DEPLOY_STATE_DIR, or the XDG state folder)',
    )
    .option('--json', 'Print one JSON value for machines')
}

/** The value of an option that counts once: the last one given. */
export const last = (values: readonly string[] | undefined): string | undefined => values?.at(-1)

export const rootOf = ({ stateDir }: CommonOptions): string => stateRoot(last(stateDir))
