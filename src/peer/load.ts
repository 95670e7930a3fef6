import { now } from '../clock.ts'
import type { OldestRequest, PeerLoad } from '../rpc/load.ts'
import { type Begun, type Connection, isAnswering } from './connections.ts'

/** Of a path that a client has chosen: longer ones are cut. */
const LONGEST_PATH = 120

/** Counts open connections by what holds them, and looks for the request that has waited longest. */
export function loadOf(connections: readonly Connection[]): PeerLoad {
  const requests = connections.flatMap(requestsOn)
  const count = (kind: Connection['kind']) => connections.filter(each => each.kind === kind).length
  const http1InFlight = connections.filter(isAnswering).length
  const kinds = {
    http1Idle: count('http1') + count('sleeping') - http1InFlight,
    http1InFlight,
    http2Sessions: count('http2'),
    http2Streams: requests.length - http1InFlight,
    upgraded: count('upgraded'),
    raw: count('raw'),
    handshakes: count('handshake'),
  }
  const [first, ...others] = requests
  const oldest = first && others.reduce((a, b) => (b.since < a.since ? b : a), first)
  return {
    connections: connections.length,
    inFlight: requests.length,
    kinds,
    ...(oldest && { oldest: shown(oldest) }),
  }
}

/** The requests on a connection that are not answered to their end. Of a pipeline one is told. */
function requestsOn(connection: Connection): Begun[] {
  if (connection.kind === 'http2') return [...connection.streams.values()]
  if (connection.kind !== 'http1' || !isAnswering(connection)) return []
  const { method, url: path } = connection.exchange?.req ?? {}
  return [{ method, path, since: connection.since }]
}

function shown({ method = '', path = '', since }: Begun): OldestRequest {
  const short = path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}…` : path
  return { method, path: short, forMs: Math.round(now() - since) }
}
