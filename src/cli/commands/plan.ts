import type { CAC } from 'cac'
import type { UpgradePlan } from '../../rpc/hot-contracts.ts'
import { formatPlan } from '../format-hot.ts'
import { type HotCommandOptions, hotRequest } from '../hot-request.ts'
import { withCommonOptions } from '../options.ts'
import { requestSwap } from '../request-swap.ts'
import { loadMeanwhile, unpackHere } from '../unpack-here.ts'

/** With `--exit-code`. 1 and 2 are failures. */
const EXIT_CODES: Record<UpgradePlan['verdict'], number> = { hot: 0, 'blue-green': 3, restart: 4 }

export function addPlanCommand(cli: CAC): void {
  withCommonOptions(
    cli.command('plan <archive>', 'Say whether hot-upgrade can do it, and what it would do; changes nothing'),
  )
    .option('--allow <place>', 'Accept what a reason names with --allow; repeatable')
    .option(
      '--exit-code',
      'Exit with 3 where it takes new processes, with 4 where it takes a new parent (default: 0)',
    )
    .action(async (archive: string, options: HotCommandOptions & { exitCode?: boolean }) => {
      const request = await hotRequest(archive, options)
      const plan = await requestSwap(
        options,
        unpackHere,
        parent => loadMeanwhile(parent.planUpgrade(request)),
        ({ release }) => `compared ${release.version} with what runs`,
      )
      if (!options.json) process.stdout.write(formatPlan(plan, archive))
      if (options.exitCode) process.exitCode = EXIT_CODES[plan.verdict]
    })
}
