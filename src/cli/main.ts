import { cac } from 'cac'
import { addReleaseCommand } from './commands/release.ts'
import { addRollbackCommand } from './commands/rollback.ts'
import { addStartCommand } from './commands/start.ts'
import { addStatusCommand } from './commands/status.ts'
import { addStopCommand } from './commands/stop.ts'
import { addUpgradeCommand } from './commands/upgrade.ts'
import { guardValues } from './guard-values.ts'
import { packageVersion } from './package-version.ts'
import { reportFailure, reportMisuse } from './report.ts'

const COMMANDS = [
  addReleaseCommand,
  addStartCommand,
  addUpgradeCommand,
  addRollbackCommand,
  addStatusCommand,
  addStopCommand,
]

/** Runs the command that this process was started with, and says by the exit code how it went. */
export async function main(): Promise<void> {
  const json = process.argv.includes('--json')
  const cli = cac('beam-deploy').usage('<command> [options]').version(packageVersion()).help()
  for (const add of COMMANDS) add(cli)
  try {
    const takesValue = cli.commands.flatMap(command => command.options.filter(({ required }) => required))
    const names = new Set(takesValue.map(({ rawName }) => rawName.split(' ', 1)[0] ?? ''))
    const { options, args } = cli.parse(guardValues(process.argv, names), { run: false })
    if (cli.matchedCommand) await cli.runMatchedCommand()
    else if (args.length > 0) reportMisuse(`unknown command ${args[0]}`, json)
    else if (!options.help && !options.version) {
      cli.outputHelp()
      process.exitCode = 2
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'CACError') reportMisuse(error.message, json)
    else reportFailure(error, json)
  }
}
