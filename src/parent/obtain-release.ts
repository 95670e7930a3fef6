import { join } from 'node:path'
import { BeamDeployError } from '../errors.ts'
import { inheritCompileCache } from '../release/compile-cache.ts'
import { runtimeOf } from '../release/node-binary.ts'
import type { NodeBinary, Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import { assertChecked } from '../release/trust.ts'
import type { UnpackRequest, UnpackResult } from '../rpc/contracts.ts'
import { bootFolder } from './boot-folder.ts'
import type { Caller } from './parent-types.ts'
import type { ParentSettings } from './settings.ts'
import type { Stopwatch } from './stopwatch.ts'
import { checkAndUnpack } from './unpacking-child.ts'

export interface FindOptions {
  step: Stopwatch['step']
  /** What runs here. */
  outgoing: Release
  /** Ends it. */
  signal: AbortSignal
  /** Told what it is, as soon as it is in its folder. */
  found(release: Release, unpacked: UnpackResult): void
  /** Called once somebody unpacks: what can be done in that time. */
  meanwhile(): void
}

interface ObtainOptions extends FindOptions {
  store: Store
  caller: Caller
  settings: Pick<ParentSettings, 'stateDir' | 'givenNode' | 'verify'>
}

/** Unpacks what `source` names into the store. Nothing stays there if it is not a release for this application and host. */
export function obtainRelease(source: string, options: ObtainOptions): Promise<Release> {
  const { store, caller, settings, step, outgoing, signal, found, meanwhile } = options
  return step('unpack', `unpacking ${source}`, async () => {
    const staging = store.newStaging()
    using undo = new DisposableStack()
    const { givenNode, verify } = settings
    const request = { source, into: staging, ...runtimeFor(givenNode) }
    const unpack = verify.length > 0 ? checkAndUnpack({ ...request, verify }, signal) : caller.unpack(request)
    const unpacking = unlessAborted(signal, unpack)
    const preparing = nextTurn(() => {
      meanwhile()
      const cache = inheritCompileCache(outgoing.dir, join(bootFolder(settings.stateDir), 'compile-cache'))
      undo.defer(cache.discard)
      return cache
    })
    try {
      const [unpacked, cache] = await Promise.all([unpacking, preparing])
      assertChecked(source, unpacked, verify)
      if (unpacked.name !== outgoing.name) throw anotherApplication(source, unpacked.name, outgoing.name)
      const release = await store.adopt(staging, unpacked)
      found(release, unpacked)
      cache.moveTo(release.dir)
      return release
    } catch (error) {
      // Who unpacks may have ended half-way; one who goes on must not write into what is being removed.
      await Promise.allSettled([unpacking, preparing])
      await store.discard(staging)
      throw error
    }
  })
}

/** What a release runs on that brings nothing of its own, or nothing that counts. */
export const runtimeFor = (given: NodeBinary | null): Pick<UnpackRequest, 'runtime' | 'nodeIsGiven'> =>
  given
    ? { runtime: runtimeOf(given), nodeIsGiven: true }
    : { runtime: runtimeOf({ version: process.versions.node, abi: process.versions.modules }) }

function unlessAborted<T>(signal: AbortSignal, result: Promise<T> | T): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([result, promise]).finally(() => signal.removeEventListener('abort', abort))
}

const nextTurn = <T>(run: () => T): Promise<T> => new Promise(resolve => void setImmediate(resolve)).then(run)

function anotherApplication(source: string, found: string, wanted: string): BeamDeployError {
  return new BeamDeployError(
    'invalid_release',
    `${source} is a release of ${found}, but ${wanted} runs here. Name an archive of ${wanted}, or the right application with --app.`,
    { phase: 'validate' },
  )
}
