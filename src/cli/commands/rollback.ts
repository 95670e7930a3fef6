import type { CAC } from 'cac'
import { askNothing } from '../ask-nothing.ts'
import { type CommonOptions, withCommonOptions } from '../options.ts'
import { describeSwap, requestSwap } from '../request-swap.ts'

export function addRollbackCommand(cli: CAC): void {
  withCommonOptions(cli.command('rollback', 'Go back to the release that served before')).action(
    async (options: CommonOptions) => {
      await requestSwap(options, askNothing.unpack, parent => parent.rollback(), describeSwap)
    },
  )
}
