import type { Command } from 'commander'
import { stateRoot } from '../state-dir.ts'

/** What every command takes. */
export interface CommonOptions {
  json?: boolean
  app?: string
  stateDir?: string
}

/** Adds `--app`, `--state-dir` and `--json`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--app <name>', 'which application, where several run')
    .option(
      '--state-dir <dir>',
      'folder for releases and state (default: $BEAM_DEPLOY_STATE_DIR or the XDG state folder)',
    )
    .option('--json', 'print one JSON value for machines')
    .exitOverride()
}

export const rootOf = ({ stateDir }: CommonOptions): string => stateRoot(stateDir)
