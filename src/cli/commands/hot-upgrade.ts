import type { CAC } from 'cac'
import { SUSPEND_TIMEOUT_MS } from '../../rpc/hot-contracts.ts'
import { formatDuration } from '../duration.ts'
import { formatHotReport, titleOfHotReport } from '../format-hot.ts'
import { type HotCommandOptions, hotRequest } from '../hot-request.ts'
import { withCommonOptions } from '../options.ts'
import { requestSwap } from '../request-swap.ts'
import { loadMeanwhile, unpackHere } from '../unpack-here.ts'

const HELP = {
  suspend: `How long a stateful process may finish its message before it is skipped (default: ${formatDuration(SUSPEND_TIMEOUT_MS)})`,
  goOn: 'Leave a process whose codeChange throws as it was (default: undo the upgrade)',
  allow: 'Accept what a refusal names with --allow; repeatable',
  extra: 'Third argument of each codeChange, as JSON',
}

export function addHotUpgradeCommand(cli: CAC): void {
  withCommonOptions(
    cli.command(
      'hot-upgrade <archive>',
      'Replace the changed code in the running processes, which keep their state',
    ),
  )
    .option('--suspend-timeout <time>', HELP.suspend)
    .option('--continue-on-code-change-error', HELP.goOn)
    .option('--allow <place>', HELP.allow)
    .option('--extra <json>', HELP.extra)
    .action(async (archive: string, options: HotCommandOptions) => {
      const request = await hotRequest(archive, options)
      const report = await requestSwap(
        options,
        unpackHere,
        parent => loadMeanwhile(parent.hotUpgrade(request)),
        titleOfHotReport,
      )
      if (!options.json) process.stdout.write(formatHotReport(report))
    })
}
