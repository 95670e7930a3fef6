import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { ControlClientFunctions } from '../../rpc/contracts.ts'
import { type CommonOptions, withCommonOptions } from '../options.ts'
import { requestSwap } from '../request-swap.ts'

export function addUpgradeCommand(program: Command): void {
  withCommonOptions(program.command('upgrade <archive>'))
    .description('boot a new release beside the running one, move the traffic over, drain the old one')
    .action((archive: string, options: CommonOptions) =>
      requestSwap(options, unpackHere, parent => parent.upgrade({ path: resolve(archive) })),
    )
}

/** In this process: it is short-lived, and the parent's memory stays small. */
const unpackHere: ControlClientFunctions['unpack'] = async request => {
  const { unpackSource } = await import('../../release/unpack-source.ts')
  return unpackSource(request)
}
