import { resolve } from 'node:path'
import type { CAC } from 'cac'
import type { UnpackRequest } from '../../rpc/contracts.ts'
import { type CommonOptions, withCommonOptions } from '../options.ts'
import { requestSwap } from '../request-swap.ts'

export function addUpgradeCommand(cli: CAC): void {
  withCommonOptions(
    cli.command('upgrade <archive>', 'Boot a new release, move the traffic over, drain the old one'),
  ).action((archive: string, options: CommonOptions) =>
    requestSwap(options, unpackHere, parent => {
      const report = parent.upgrade({ path: resolve(archive) })
      // The parent has something to do before it wants this done.
      void loadUnpacking()
      return report
    }),
  )
}

/** In this process: it is short-lived, and the parent's memory stays small. */
async function unpackHere(request: UnpackRequest, signal: AbortSignal) {
  const { unpackSource } = await loadUnpacking()
  return unpackSource(request, { signal })
}

const loadUnpacking = () => import('../../release/unpack-source.ts')
