#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { addReleaseCommand } from './commands/release.ts'
import { addRollbackCommand } from './commands/rollback.ts'
import { addStartCommand } from './commands/start.ts'
import { addStatusCommand } from './commands/status.ts'
import { addStopCommand } from './commands/stop.ts'
import { addUpgradeCommand } from './commands/upgrade.ts'
import { packageVersion } from './package-version.ts'
import { reportFailure } from './report.ts'

const program = new Command('beam-deploy')
  .description('Blue-green release swaps for a Node.js application on one host.')
  .version(packageVersion())
  .showHelpAfterError('(beam-deploy --help shows the commands and options)')
  .exitOverride()

for (const add of [
  addReleaseCommand,
  addStartCommand,
  addUpgradeCommand,
  addRollbackCommand,
  addStatusCommand,
  addStopCommand,
]) {
  add(program)
}

try {
  await program.parseAsync()
} catch (error) {
  // Commander has printed its own message; help and version are no failures.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else reportFailure(error, process.argv.includes('--json'))
}
