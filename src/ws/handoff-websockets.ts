import type { IncomingMessage } from 'node:http'
import type { WebSocket, WebSocketServer } from 'ws'
import { pause } from '../clock.ts'
import { messageOf } from '../errors.ts'
import { peerHandle } from '../peer/handle.ts'
import type { DrainContext, Drains } from '../rpc/drain-contracts.ts'
import type { Exchange } from '../rpc/exchange.ts'
import type { PeerSockets } from '../rpc/socket-contracts.ts'
import { adopt } from './adopt.ts'
import { closeOver } from './close-over.ts'
import { kindOf, type Operation } from './contract.ts'
import { takeDeliveries } from './deliveries.ts'
import { createForwarder } from './forward.ts'
import { leave } from './leave.ts'
import { callbackOf } from './operations.ts'
import { checkedOptions, type WebSocketHandoffOptions } from './options.ts'
import { type Tracked, trackWebSockets } from './track.ts'

/** How many are on their way at once: each is silent for that time. */
const AT_ONCE = 16
const LATE_MS = 50
const GOING_AWAY = 1001
/** Of the time to drain, what closing may take of it. */
const CLOSE_SHARE = 0.8
const BEGAN_UNSEEN =
  'they began before handoffWebSockets() was called, or the application emits no `connection` for them'

/**
 * Has the open WebSockets of a server of the package `ws` go on in the next release, on the same connection: their clients see no close, and no message is lost or comes
 * twice. Call it once for each server when the application starts, before the first connection; both releases need it.
 *
 * At an upgrade each WebSocket moves when it is quiet for a moment: what the client has sent until then is the old release's, what comes later the new one's. What the old one still
 * sends to it goes through the new one, in order. In the old release a WebSocket that has moved has no more events, not even `close`; `ping`, `terminate`
 * and a goodbye (`close` with 1000, 1001, 1012 or no code) do nothing there. One that cannot move is closed with code 1012, spread over `closeOver`: where the new release does not
 * take it, where it compresses with context takeover, over TLS.
 *
 * Where BeamDeploy is not enabled it does nothing.
 *
 * @param wss in any mode: `port`, `server` or `noServer`. With `noServer` the application has to emit `connection`, as the examples of `ws` do.
 * @param options see {@link WebSocketHandoffOptions}.
 * @throws {BeamDeployError} `invalid_option`.
 *
 * @example
 * ```js
 * import { handoffWebSockets } from 'beam-deploy/ws'
 * import { WebSocketServer } from 'ws'
 *
 * const wss = new WebSocketServer({ port: Number(process.env.PORT) })
 * const users = new Map()
 *
 * function join(ws, user) {
 *   users.set(ws, user)
 *   ws.on('message', text => wss.clients.forEach(client => client.send(`${user.name}: ${text}`)))
 *   ws.on('close', () => users.delete(ws))
 * }
 *
 * wss.on('connection', ws => {
 *   ws.send('welcome')
 *   join(ws, { name: `guest ${users.size + 1}` })
 * })
 *
 * handoffWebSockets(wss, {
 *   save: ws => users.get(ws),
 *   restore: (ws, user) => join(ws, user),
 *   moved: ws => users.delete(ws),
 * })
 * ```
 */
export function handoffWebSockets<State = unknown, Client extends WebSocket = WebSocket>(
  wss: WebSocketServer,
  options: WebSocketHandoffOptions<State, Client> = {},
): void {
  const checked = checkedOptions(options)
  const peer = peerHandle()
  if (!peer?.sockets || !peer.drains || !peer.exchange) return
  const { sockets, drains, exchange } = peer
  attach(wss, checked, { sockets, drains, exchange: () => exchange() })
}

interface Parts {
  sockets: PeerSockets
  drains: Drains
  exchange(): Exchange
}

function attach(
  wss: WebSocketServer,
  { name, save, restore, moved, stays, closeOverMs }: ReturnType<typeof checkedOptions>,
  { sockets, drains, exchange }: Parts,
): void {
  const hasMoved = new Set<WebSocket>()
  let forwarder: ReturnType<typeof createForwarder> | null = null

  let isStopping = false
  const tracking = trackWebSockets(wss, moveLateOne)

  sockets.receive(kindOf(name), 'upgraded', async (socket, meta) => {
    takeDeliveries(exchange(), tracking)
    moveLateOne(await adopt(wss, tracking, giveToApplication, socket, meta))
  })
  drains.onDrain(async context => {
    const here = [...tracking.all()].filter(({ ws }) => !hasMoved.has(ws))
    const unknown = [...(wss.clients ?? [])].filter(ws => !tracking.knows(ws))
    await Promise.all([moveAll(here, context), closeAll(unknown, BEGAN_UNSEEN, context)])
  })
  const forgetMoved = () => {
    for (const ws of hasMoved) wss.clients?.delete(ws)
  }
  // What has moved comes back as another one.
  drains.onReturn(forgetMoved)
  drains.onStop(() => {
    // The application closes its server now, and waits for those that are in it.
    forgetMoved()
    for (const { gate } of tracking.all()) gate.release()
    isStopping = true
  })

  /** Where this peer drains already. */
  function moveLateOne(tracked: Tracked): void {
    const context = drains.current()
    // When the application has it, and the peer that it has come from, if any, knows.
    if (context) drains.hold(pause(LATE_MS).then(() => moveAll([tracked], context)))
  }

  function giveToApplication({ ws }: Tracked, state: unknown, request: IncomingMessage): unknown {
    if (restore) return restore(ws, state, request)
    return wss.emit('connection', ws, request)
  }

  async function moveAll(webSockets: Tracked[], context: DrainContext): Promise<void> {
    const { signal } = context
    const stay: { ws: WebSocket; why: string }[] = []
    const left = webSockets.values()
    const moveSome = async () => {
      for (const tracked of left) {
        const outcome = await leave(tracked, {
          name,
          sockets,
          signal,
          save: ({ ws, request }) => save?.(ws, request),
        })
        if (outcome.left === 'moved') passOn(tracked, outcome.along)
        if (outcome.left !== 'stays') continue
        stay.push({ ws: tracked.ws, why: outcome.why })
        if (outcome.wasSaved) tell('stays', tracked.ws)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, moveSome))
    await forwarder?.settled()
    const why = [...new Set(stay.map(({ why }) => why))].join('; ')
    await closeAll(
      stay.map(({ ws }) => ws),
      why,
      context,
    )
  }

  async function closeAll(webSockets: WebSocket[], why: string, { signal, timeLimit }: DrainContext) {
    if (webSockets.length === 0) return
    warn(`${webSockets.length} WebSockets do not move, and are closed: ${why}`)
    await closeOver(webSockets, Math.min(closeOverMs, (timeLimit ?? closeOverMs) * CLOSE_SHARE), signal)
  }

  function passOn({ id, ws, gate }: Tracked, along: readonly Operation[]): void {
    hasMoved.add(ws)
    forwarder ??= createForwarder(exchange(), ({ message }) => warn(message))
    const { forward } = forwarder
    gate.passTo(
      operation => forward(id, operation),
      operation => along.includes(operation),
    )
    for (const operation of along) callbackOf(operation)?.()
    tell('moved', ws)
    // Its server may be waiting for it to end.
    if (isStopping) ws.emit('close', GOING_AWAY, Buffer.alloc(0))
  }

  function tell(what: 'moved' | 'stays', ws: WebSocket): void {
    try {
      if (what === 'moved') moved?.(ws)
      else stays?.(ws)
    } catch (error) {
      warn(`${what}() of ${name} failed: ${messageOf(error)}`)
    }
  }
}

const warn = (message: string) => process.emitWarning(`beam-deploy/ws: ${message}`, 'BeamDeployWarning')
