import { cac } from 'cac'
import { checkOperands, readCommandLine } from './command-line.ts'
import { addHotUpgradeCommand } from './commands/hot-upgrade.ts'
import { addKeygenCommand } from './commands/keygen.ts'
import { addPlanCommand } from './commands/plan.ts'
import { addReleaseCommand } from './commands/release.ts'
import { addRollbackCommand } from './commands/rollback.ts'
import { addSignCommand, addVerifyCommand } from './commands/sign.ts'
import { addStartCommand } from './commands/start.ts'
import { addStatusCommand } from './commands/status.ts'
import { addStopCommand } from './commands/stop.ts'
import { addUpgradeCommand } from './commands/upgrade.ts'
import { packageVersion } from './package-version.ts'
import { reportFailure } from './report.ts'

const COMMANDS = [
  addReleaseCommand,
  addStartCommand,
  addUpgradeCommand,
  addHotUpgradeCommand,
  addPlanCommand,
  addRollbackCommand,
  addStatusCommand,
  addStopCommand,
  addKeygenCommand,
  addSignCommand,
  addVerifyCommand,
]

/** Runs the command that this process was started with, and says by the exit code how it went. */
export async function main(): Promise<void> {
  const cli = cac('beam-deploy').usage('<command> [options]').version(packageVersion()).help()
  for (const add of COMMANDS) add(cli)
  try {
    const { command, operands, options } = readCommandLine(cli, process.argv.slice(2))
    if (options.version) cli.outputVersion()
    else if (options.help) (command ?? cli).outputHelp()
    else if (command) {
      checkOperands(command, operands)
      await command.commandAction?.(...command.args.map((_, index) => operands[index]), options)
    } else {
      cli.outputHelp()
      process.exitCode = 2
    }
  } catch (error) {
    reportFailure(error, process.argv.includes('--json'))
  }
}
