import type { DrainStage, OldestRequest, PeerLoad } from './load.ts'

/** What still holds a peer that drains, in words: `1 request in flight (GET /export for 14 s), 2 WebSockets`. */
export function describeHeld(load: PeerLoad | null): string {
  if (!load) return 'load unknown'
  const { connections, inFlight, kinds, oldest, stage, leases = [] } = load
  const counts = kinds
    ? [
        counted(kinds.http1Idle, 'idle connection'),
        counted(kinds.http2Sessions, 'HTTP/2 session'),
        counted(kinds.upgraded, 'WebSocket'),
        counted(kinds.raw, 'TCP connection'),
        counted(kinds.handshakes, 'TLS handshake'),
      ]
    : [counted(connections, 'connection')]
  const requests = counted(inFlight, 'request') && `${counted(inFlight, 'request')} in flight${asked(oldest)}`
  const doing = leases.length > 0 && stage === 'processes' ? '' : stage && STAGES[stage]
  const held = [requests, ...counts, leased(leases), doing].filter(Boolean)
  return held.join(', ') || 'nothing open'
}

const STAGES: Record<DrainStage, string> = {
  connections: '',
  processes: 'stateful processes on their way',
  stop: 'its own stop runs',
  beforeCutover: 'beforeCutover runs',
}

const leased = (names: readonly string[]) =>
  names.length === 0 ? '' : `${names.length === 1 ? 'the lease' : 'the leases'} ${names.join(', ')}`

/** Nothing of none. */
const counted = (count: number, what: string) =>
  count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`

const asked = (oldest: OldestRequest | undefined) =>
  oldest ? ` (${oldest.method} ${oldest.path} for ${Math.round(oldest.forMs / 1_000)} s)` : ''
