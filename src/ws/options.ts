import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { readDuration } from '../duration.ts'
import { BeamDeployError } from '../errors.ts'

/** How the WebSockets of one server go on in the next release. */
export interface WebSocketHandoffOptions<State = unknown, Client extends WebSocket = WebSocket> {
  /** Tells several servers of one process apart; the same in both releases. Default `'default'`. */
  name?: string
  /**
   * Called in the old release when nothing more arrives there: returns what the new one has to know of it, anything that `structuredClone` takes. Where handlers of earlier
   * messages are still at work, it may wait for them: a promise is awaited.
   */
  save?: (ws: Client, request: IncomingMessage) => State | Promise<State>
  /**
   * Called in the new release in place of the server's `connection` event: puts the listeners on, and takes over the state. Nothing arrives before it has ended;
   * when it throws, the WebSocket stays in the old release, and is closed. Default: `connection` is emitted, as for a new one.
   */
  restore?: (ws: Client, state: State, request: IncomingMessage) => unknown
  /** Called in the old release for each that has moved: there is no `close` event for it. */
  moved?: (ws: Client) => void
  /**
   * Called in the old release for each that `save` was called for, and that stays all the same until it is closed: starts again what `save` has stopped.
   */
  stays?: (ws: Client) => void
  /** Over how long those that cannot move are closed, at most four fifths of the time to drain: milliseconds, or such as `'10s'`. Default `'10s'`. */
  closeOver?: number | string
}

const DEFAULTS = { name: 'default', closeOver: '10s' } as const

export interface CheckedOptions extends Omit<WebSocketHandoffOptions, 'name' | 'closeOver' | 'restore'> {
  name: string
  closeOverMs: number
  restore?: (ws: WebSocket, state: unknown, request: IncomingMessage) => unknown
}

export function checkedOptions<State, Client extends WebSocket>(
  options: WebSocketHandoffOptions<State, Client>,
): CheckedOptions {
  const { name = DEFAULTS.name, closeOver = DEFAULTS.closeOver, ...functions } = options
  if (typeof name !== 'string' || name === '') throw invalid('name', name, 'a text that is not empty')
  for (const [option, value] of Object.entries(functions))
    if (value !== undefined && typeof value !== 'function') throw invalid(option, value, 'a function')
  const ms = readDuration(String(closeOver))
  if (typeof ms !== 'number') throw invalid('closeOver', closeOver, ms.wrong)
  return { ...(functions as Omit<CheckedOptions, 'name' | 'closeOverMs'>), name, closeOverMs: ms }
}

const invalid = (option: string, value: unknown, wanted: string) =>
  new BeamDeployError(
    'invalid_option',
    `handoffWebSockets(): ${option} is ${JSON.stringify(value) ?? String(value)}; wanted: ${wanted}.`,
    { phase: 'configure' },
  )
