/** One connection count of a peer, as `status` shows it. */
export interface PeerLoad {
  /** Open connections on declared endpoints. */
  connections: number
  /** HTTP exchanges that are not answered yet. */
  inFlight: number
  /** What kinds of connections they are. A parent of an older version does not tell, here and below. */
  kinds?: ConnectionCounts
  /** The request that waits for the end of its answer longest. */
  oldest?: OldestRequest
  /** Of a peer that drains: what it waits for. */
  stage?: DrainStage
  /** The names of the leases that it holds, where it holds any. */
  leases?: string[]
}

/** Open connections by what they are. */
export interface ConnectionCounts {
  http1Idle: number
  http1InFlight: number
  http2Sessions: number
  /** Of all sessions together. */
  http2Streams: number
  /** WebSockets, and others that have left HTTP. */
  upgraded: number
  /** Not HTTP. */
  raw: number
  /** TLS, not yet known what it will be. */
  handshakes: number
}

/** What a client asked for that is not answered to its end. */
export interface OldestRequest {
  method: string
  /** Cut where it is long. */
  path: string
  /** Milliseconds since it came. */
  forMs: number
}

/** What a peer that drains waits for: for clients, for stateful processes that move and leases that are let go, for the application's own stop, or for its `beforeCutover`. */
export type DrainStage = 'connections' | 'processes' | 'stop' | 'beforeCutover'
