import type { IncomingHttpHeaders } from 'node:http'
import { RESERVED } from '../rpc/exchange-contracts.ts'

/** `WebSocket.OPEN`. Nothing of `ws` is loaded: the application brings its own. */
export const OPEN = 1

/** Names the one who takes WebSockets that come, for each name of a server. */
export const kindOf = (name: string) => `ws:${name}`

/** `deliver(operations)`: done on WebSockets that have moved here, in their order. */
export const DELIVER = `${RESERVED}ws:deliver`

/** The request with which a WebSocket began. */
export interface SavedRequest {
  method: string | undefined
  url: string | undefined
  httpVersion: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
}

/** The lines of the answer that both ends go by from then on; `null` for one that was not in it. */
export interface Agreed {
  extensions: string | null
  protocol: string | null
}

/** A WebSocket on its way. */
export interface SavedWebSocket {
  /** Stays the same wherever it goes. */
  id: string
  request: SavedRequest
  agreed: Agreed
  state: unknown
  /** What was done to it before its state was saved, and has not reached its client. */
  waiting: Delivery[]
}

/** What is done to a WebSocket, and can be done where it has moved to. */
export const OPERATIONS = ['send', 'ping', 'pong', 'close', 'terminate'] as const

export interface Operation {
  name: (typeof OPERATIONS)[number]
  args: unknown[]
}

/** An operation on its way, without its callback. */
export type Delivery = [id: string, name: Operation['name'], args: unknown[]]
