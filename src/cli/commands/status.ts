import type { CAC } from 'cac'
import { connectControl } from '../../control-client.ts'
import { askNothing } from '../ask-nothing.ts'
import { formatStatus } from '../format-status.ts'
import { type CommonOptions, last, rootOf, withCommonOptions } from '../options.ts'
import { printJson } from '../report.ts'

export function addStatusCommand(cli: CAC): void {
  withCommonOptions(cli.command('status', 'Show what runs, which release, and what drains')).action(
    async (options: CommonOptions) => {
      await using control = await connectControl(rootOf(options), last(options.app), askNothing)
      const status = await control.parent.status()
      if (options.json) printJson(status)
      else process.stdout.write(`${formatStatus(status)}\n`)
    },
  )
}
