import type { Command } from 'commander'
import { askNothing } from '../ask-nothing.ts'
import { type CommonOptions, withCommonOptions } from '../options.ts'
import { requestSwap } from '../request-swap.ts'

export function addRollbackCommand(program: Command): void {
  withCommonOptions(program.command('rollback'))
    .description('go back to the release that served before')
    .action((options: CommonOptions) => requestSwap(options, askNothing.unpack, parent => parent.rollback()))
}
