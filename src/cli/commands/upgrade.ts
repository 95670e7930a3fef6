import { resolve } from 'node:path'
import type { CAC } from 'cac'
import { type CommonOptions, withCommonOptions } from '../options.ts'
import { describeSwap, requestSwap } from '../request-swap.ts'
import { loadMeanwhile, unpackHere } from '../unpack-here.ts'

export function addUpgradeCommand(cli: CAC): void {
  withCommonOptions(
    cli.command('upgrade <archive>', 'Boot a new release, move the traffic over, drain the old one'),
  ).action(async (archive: string, options: CommonOptions) => {
    await requestSwap(
      options,
      unpackHere,
      parent => loadMeanwhile(parent.upgrade({ path: resolve(archive) })),
      describeSwap,
    )
  })
}
