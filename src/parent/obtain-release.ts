import { BeamDeployError } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type { Caller } from './parent.ts'
import type { Stopwatch } from './stopwatch.ts'

interface ObtainOptions {
  store: Store
  caller: Caller
  step: Stopwatch['step']
  /** The package that runs here; `null` when nothing has run yet. */
  expectedName: string | null
}

/** Unpacks what `source` names into the store. Nothing stays there if it is not a release for this application and host. */
export function obtainRelease(
  source: string,
  { store, caller, step, expectedName }: ObtainOptions,
): Promise<Release> {
  return step('unpack', `unpacking ${source}`, async () => {
    const staging = store.newStaging()
    const unpacked = await caller.unpack({ source, into: staging })
    if (expectedName !== null && unpacked.name !== expectedName) {
      await store.discard(staging)
      throw new BeamDeployError(
        'invalid_release',
        `${source} is a release of ${unpacked.name}, but ${expectedName} runs here. Name an archive of ${expectedName}, or the right application with --app.`,
        { phase: 'validate' },
      )
    }
    return store.adopt(staging, unpacked)
  })
}
