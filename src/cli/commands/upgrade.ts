import { resolve } from 'node:path'
import type { CAC } from 'cac'
import type { UpgradeRequest } from '../../rpc/contracts.ts'
import { type CutoverOptions, cutoverGiven, withCutoverOptions } from '../cutover-options.ts'
import { parseDuration } from '../duration.ts'
import { type CommonOptions, last, withCommonOptions } from '../options.ts'
import { describeSwap, requestSwap } from '../request-swap.ts'
import { loadMeanwhile, unpackHere } from '../unpack-here.ts'

type UpgradeOptions = CommonOptions & CutoverOptions & { bake?: string[] }

const HELP_BAKE =
  'How long the new release has to stand, with the old one ready to take over again; 0 for not at all (default: as configured)'

const NOT_BAKED =
  'beam-deploy: warning: the parent is of an older version, and has not baked; restart it with this one to have --bake'

export function addUpgradeCommand(cli: CAC): void {
  const command = withCutoverOptions(
    cli.command('upgrade <archive>', 'Boot a new release, move the traffic over, drain the old one'),
  )
  withCommonOptions(command)
    .option('--bake <time>', HELP_BAKE)
    .action(async (archive: string, options: UpgradeOptions) => {
      const bake = last(options.bake)
      const request: UpgradeRequest = {
        path: resolve(archive),
        ...cutoverGiven(options),
        ...(bake !== undefined && { bake: parseDuration('--bake', bake) }),
      }
      const { phases } = await requestSwap(
        options,
        unpackHere,
        parent => loadMeanwhile(parent.upgrade(request)),
        describeSwap,
      )
      if (request.bake && phases.bake === undefined) process.stderr.write(`${NOT_BAKED}\n`)
    })
}
