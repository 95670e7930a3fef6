import { BeamDeployError } from '../errors.ts'
import { inheritCompileCache } from '../release/compile-cache.ts'
import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type { Caller } from './parent-types.ts'
import type { Stopwatch } from './stopwatch.ts'

interface ObtainOptions {
  store: Store
  caller: Caller
  step: Stopwatch['step']
  /** What runs here. */
  outgoing: Release
  /** Ends the waiting for `caller`. */
  signal: AbortSignal
}

/** Unpacks what `source` names into the store. Nothing stays there if it is not a release for this application and host. */
export function obtainRelease(
  source: string,
  { store, caller, step, outgoing, signal }: ObtainOptions,
): Promise<Release> {
  return step('unpack', `unpacking ${source}`, async () => {
    const staging = store.newStaging()
    try {
      const runtime = { nodeMajor: Number.parseInt(process.versions.node, 10), abi: process.versions.modules }
      const unpacked = await unlessAborted(signal, caller.unpack({ source, into: staging, runtime }))
      if (unpacked.name === outgoing.name) {
        const release = await store.adopt(staging, unpacked)
        inheritCompileCache(outgoing.dir, release.dir)
        return release
      }
      throw new BeamDeployError(
        'invalid_release',
        `${source} is a release of ${unpacked.name}, but ${outgoing.name} runs here. Name an archive of ${outgoing.name}, or the right application with --app.`,
        { phase: 'validate' },
      )
    } catch (error) {
      // One who was asked to unpack may have ended half-way.
      await store.discard(staging)
      throw error
    }
  })
}

function unlessAborted<T>(signal: AbortSignal, result: Promise<T> | T): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([result, promise]).finally(() => signal.removeEventListener('abort', abort))
}
