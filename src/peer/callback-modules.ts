import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ReleaseToRun } from '../rpc/protocol.ts'
import type { CutoverCallbacks } from './exchange.ts'

type Name = 'beforeCutover' | 'afterCutover'

/** The callbacks that a release's configuration names: modules, loaded when they are called. */
export function callbacksOf({ dir, beforeCutover, afterCutover }: ReleaseToRun): CutoverCallbacks {
  return {
    ...(beforeCutover !== undefined && {
      before: async incoming => (await load(dir, beforeCutover, 'beforeCutover'))(incoming),
    }),
    ...(afterCutover !== undefined && {
      after: async result => (await load(dir, afterCutover, 'afterCutover'))(result),
    }),
  }
}

async function load(dir: string, path: string, name: Name): Promise<(argument: unknown) => unknown> {
  const exported = (await import(pathToFileURL(join(dir, path)).href)) as Partial<
    Record<Name | 'default', unknown>
  >
  const found = exported[name] ?? exported.default
  if (typeof found === 'function') return found as (argument: unknown) => unknown
  throw new Error(`${path} exports no function ${name}, nor one as its default`)
}
