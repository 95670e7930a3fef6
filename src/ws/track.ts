import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { WebSocket, WebSocketServer } from 'ws'
import { type Agreed, OPEN } from './contract.ts'
import { type FrameTracker, trackFrames } from './frames.ts'
import { type Gate, gateOf } from './gate.ts'

/** A WebSocket of which everything is known that it takes to move it. */
export interface Tracked {
  id: string
  ws: WebSocket
  request: IncomingMessage
  frames: FrameTracker
  /** How many messages, pings and pongs the application was told of. */
  told(): number
  agreed(): Agreed
  gate: Gate
}

/** The WebSockets of one server. */
export interface Tracking {
  /** From before the application sees it. One that came from another peer keeps its `id`. `null` where its beginning was not seen. */
  track(ws: WebSocket, request: IncomingMessage, id?: string): Tracked | null
  byId(id: string): Tracked | undefined
  all(): Iterable<Tracked>
  knows(ws: WebSocket): boolean
}

/** @param began is called for each that the application is about to be given. */
export function trackWebSockets(wss: WebSocketServer, began: (tracked: Tracked) => void): Tracking {
  const upgrades = new WeakMap<IncomingMessage, { frames: FrameTracker; answer: string[] }>()
  const byWebSocket = new WeakMap<WebSocket, Tracked>()
  const byId = new Map<string, Tracked>()

  wss.on('headers', (answer: string[], request: IncomingMessage) => {
    const frames = trackFrames()
    upgrades.set(request, { frames, answer })
    // When `ws` listens, and before anything flows.
    process.nextTick(() => request.socket.prependListener('data', frames.push))
  })

  function track(ws: WebSocket, request: IncomingMessage, id: string = randomUUID()): Tracked | null {
    const known = byWebSocket.get(ws)
    if (known) return known
    const upgrade = upgrades.get(request)
    if (!upgrade) return null
    let told = 0
    const count = () => {
      told += 1
    }
    for (const event of ['message', 'ping', 'pong'] as const) ws.prependListener(event, count)
    const tracked: Tracked = {
      id,
      ws,
      request,
      frames: upgrade.frames,
      told: () => told,
      agreed: () => agreedIn(upgrade.answer),
      gate: gateOf(ws),
    }
    byWebSocket.set(ws, tracked)
    byId.set(id, tracked)
    ws.once('close', () => {
      if (byId.get(id) === tracked) byId.delete(id)
    })
    return tracked
  }

  wss.prependListener('connection', (ws: WebSocket, request: IncomingMessage) => {
    const isKnown = byWebSocket.has(ws)
    const tracked = track(ws, request)
    if (tracked && !isKnown) began(tracked)
  })

  return {
    track,
    byId: id => byId.get(id),
    all: () => byId.values(),
    knows: ws => byWebSocket.has(ws),
  }
}

/** Why a WebSocket must stay; `null` where it may move as soon as it is quiet. */
export function whyImmovable({ request, agreed }: Tracked): string | null {
  const socket: Socket & { encrypted?: boolean } = request.socket
  if (!(socket instanceof Socket) || socket.encrypted) return 'its connection is encrypted, or no socket'
  const { extensions } = agreed()
  if (extensions === null) return null
  const parameters = extensions.split(';').map(part => part.trim())
  const [name] = parameters
  const isWithoutContext = ['server_no_context_takeover', 'client_no_context_takeover'].every(parameter =>
    parameters.includes(parameter),
  )
  return name === 'permessage-deflate' && isWithoutContext
    ? null
    : 'it compresses with context takeover, whose state cannot move. Set serverNoContextTakeover and clientNoContextTakeover'
}

/** Whether nothing is under way between the client and the application, but for what the client has begun to send. */
export function isQuiet({ ws, frames, told, gate }: Tracked): boolean {
  return frames.whole() === told() && ws.bufferedAmount === 0 && !gate.isMidMessage()
}

export const isOpen = ({ ws, frames }: Tracked) => ws.readyState === OPEN && frames.isOpen()

/** The lines of an answer that both ends go by. */
export function agreedIn(answer: readonly string[]): Agreed {
  const after = (name: string) => {
    const line = answer.find(candidate => candidate.toLowerCase().startsWith(`${name}:`))
    return line === undefined ? null : line.slice(name.length + 1).trim()
  }
  return { extensions: after('sec-websocket-extensions'), protocol: after('sec-websocket-protocol') }
}
