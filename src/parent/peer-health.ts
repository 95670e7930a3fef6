import { BeamDeployError, isBeamDeployError } from '../errors.ts'
import type { Remote } from '../rpc/exchange-contracts.ts'
import type { PeerHealthFunctions, Probe, ProbeRequest, ProbeResult } from '../rpc/health-contracts.ts'
import type { HealthSettings } from './health-settings.ts'

/** What a peer can be asked, at any time of its life. Both reject with `peer_gone` when it has ended. */
export interface HealthCalls {
  /** One try of everything that is checked: what failed first, in a sentence; `null` when nothing did. */
  check(health: HealthSettings): Promise<HealthFailure | null>
  /** Has it run its code; resolves to what did not go as it was meant to. */
  warmUp(health: HealthSettings): Promise<string[]>
}

/** With `final` no other try can end otherwise. */
export interface HealthFailure {
  message: string
  final: boolean
}

/** What a peer may take longer than its own limit before it is taken for one that does not answer at all. */
const GRACE_MS = 500

export function healthCalls(peer: Remote<PeerHealthFunctions>, id: string): HealthCalls {
  async function ask(probe: Probe, timeout: number): Promise<ProbeResult> {
    const limit = probe.kind === 'request' || probe.kind === 'warm-up' ? timeout + GRACE_MS : timeout
    const late = Promise.withResolvers<ProbeResult>()
    const timer = setTimeout(() => late.resolve({ ok: false, reason: tooLate(probe, timeout) }), limit)
    try {
      return await Promise.race([peer.probe(probe), late.promise])
    } catch (cause) {
      if (isBeamDeployError(cause)) throw cause
      throw new BeamDeployError('peer_gone', `peer ${id} has ended`, { phase: 'health', cause })
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    check: async ({ requests, module, isFunction, timeout }) => {
      const probes: Probe[] = [
        ...requests.map(request => ({ kind: 'request', request, timeoutMs: timeout }) as const),
        ...(module === null ? [] : [{ kind: 'module', path: module } as const]),
        ...(isFunction ? [{ kind: 'function' } as const] : []),
      ]
      for (const probe of probes) {
        const result = await ask(probe, timeout)
        if (result.ok) continue
        return { message: `${nameOf(probe)} ${result.reason}`, final: result.final ?? false }
      }
      return null
    },
    warmUp: async ({ warmUp, timeout }) => {
      const failures: string[] = []
      for (const request of warmUp) {
        const probe = { kind: 'warm-up', request, timeoutMs: timeout } as const
        const result = await ask(probe, timeout)
        if (!result.ok) failures.push(`${nameOf(probe)} ${result.reason}`)
      }
      return failures
    },
  }
}

function nameOf(probe: Probe): string {
  switch (probe.kind) {
    case 'request':
    case 'warm-up':
      return nameOfRequest(probe.request)
    case 'module':
      return `healthCheck of ${probe.path}`
    case 'function':
      return 'the healthCheck that start() was given'
    default: {
      const unreachable: never = probe
      throw new Error(`unknown probe ${JSON.stringify(unreachable)}`)
    }
  }
}

const nameOfRequest = ({ method = 'GET', path, endpoint }: ProbeRequest) =>
  `${method} ${path}${endpoint === undefined ? '' : ` on ${endpoint}`}`

/** A request has its own time limit in the peer: that not even that was heard of says more. */
function tooLate(probe: Probe, timeout: number): string {
  switch (probe.kind) {
    case 'request':
    case 'warm-up':
      return `was not answered within ${timeout} ms, and nothing else of the process was heard: something blocks it`
    case 'module':
    case 'function':
      return `did not end within ${timeout} ms`
    default: {
      const unreachable: never = probe
      throw new Error(`unknown probe ${JSON.stringify(unreachable)}`)
    }
  }
}
