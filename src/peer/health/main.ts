import type net from 'node:net'
import { messageOf } from '../../errors.ts'
import {
  PASSED,
  type PeerHealthFunctions,
  type Probe,
  type ProbeRequest,
  type ProbeResult,
} from '../../rpc/health-contracts.ts'
import type { InheritedEndpoint } from '../../rpc/protocol.ts'
import { loadFunction } from '../load-function.ts'
import { send } from './send.ts'
import { targetOf } from './target.ts'
import { judge } from './verdict.ts'
import { warmUp } from './warm-up.ts'
import { openWayIn, type WayIn } from './way-in.ts'

export interface ProbingParts {
  endpoints: readonly InheritedEndpoint[]
  /** Those that endpoints have by now. */
  servers: ReadonlyMap<InheritedEndpoint, net.Server>
  /** Of the Unix socket to listen on. */
  path: string
  /** Of the release. */
  dir: string
  /** What the application gave to `start()`. */
  ownCheck(): (() => unknown) | undefined
}

/**
 * Asks this peer what its parent wants to know of it. In a file of its own, since most applications have no health check, and every
 * boot would pay for it. One request at a time: each has the socket to itself.
 */
export function openProbing(parts: ProbingParts): PeerHealthFunctions['probe'] {
  let last: Promise<unknown> = Promise.resolve()
  return probe => {
    // A function may never end, and the next try need not wait for it.
    if (probe.kind === 'module' || probe.kind === 'function') return ask(probe, parts)
    const result = last.then(() => ask(probe, parts))
    last = result.catch(() => undefined)
    return result
  }
}

async function ask(probe: Probe, parts: ProbingParts): Promise<ProbeResult> {
  switch (probe.kind) {
    case 'request': {
      const { request, timeoutMs } = probe
      const options = { userAgent: 'beam-deploy-health', timeoutMs }
      return byRequest(request, parts, async way => judge(request, await send(request, way, options)))
    }
    case 'warm-up': {
      const { request, timeoutMs } = probe
      const options = { userAgent: 'beam-deploy-warm-up', timeoutMs }
      return byRequest(request, parts, way => warmUp(request, way, options))
    }
    case 'module':
      return byModule(parts.dir, probe.path)
    case 'function': {
      const check = parts.ownCheck()
      return check ? byFunction(check) : PASSED
    }
    default: {
      const unreachable: never = probe
      throw new Error(`unknown probe ${JSON.stringify(unreachable)}`)
    }
  }
}

async function byRequest(
  { endpoint }: ProbeRequest,
  parts: ProbingParts,
  run: (way: WayIn) => Promise<ProbeResult>,
): Promise<ProbeResult> {
  const found = targetOf(endpoint, parts)
  if ('refused' in found) return found.refused
  try {
    await using way = await openWayIn(found)
    return await run(way)
  } catch (error) {
    // No folder to listen in, no descriptor left: another try may have it.
    return { ok: false, reason: `cannot be sent: ${messageOf(error)}` }
  }
}

async function byModule(dir: string, path: string): Promise<ProbeResult> {
  try {
    return await byFunction(await loadFunction(dir, path, 'healthCheck'))
  } catch (error) {
    // Node.js keeps what became of a module: it would be the same again.
    return { ok: false, reason: `cannot be called: ${messageOf(error)}`, final: true }
  }
}

async function byFunction(check: () => unknown): Promise<ProbeResult> {
  try {
    return (await check()) === false ? { ok: false, reason: 'returned false' } : PASSED
  } catch (error) {
    return { ok: false, reason: `threw ${messageOf(error)}` }
  }
}
