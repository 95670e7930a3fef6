import type net from 'node:net'

/** The forms of `server.listen()`, told apart as Node.js does (https://nodejs.org/api/net.html#serverlisten). */
export type ListenTarget =
  | { kind: 'port'; port: number; host: string | undefined }
  | { kind: 'path'; path: string }
  /** An existing handle or file descriptor, or arguments that Node.js refuses: not ours to judge. */
  | { kind: 'other' }

export interface ListenArguments {
  target: ListenTarget
  backlog: number | undefined
  signal: AbortSignal | undefined
  callback: (() => void) | undefined
}

interface ListenOptionsLike {
  port?: unknown
  host?: unknown
  path?: unknown
  backlog?: unknown
  signal?: AbortSignal
}

export function parseListenArguments(args: readonly unknown[]): ListenArguments {
  const last = args.at(-1)
  const callback = typeof last === 'function' ? (last as () => void) : undefined
  const first = typeof args[0] === 'function' ? undefined : args[0]
  if (typeof first === 'object' && first !== null) {
    const options = first as ListenOptionsLike
    return {
      target: targetOfOptions(options),
      backlog: toCount(options.backlog) ?? toCount(args[1]),
      signal: options.signal,
      callback,
    }
  }
  return {
    target: targetOfPositional(first, args[1]),
    backlog: toCount(args[1]) ?? toCount(args[2]),
    signal: undefined,
    callback,
  }
}

function targetOfOptions(options: ListenOptionsLike): ListenTarget {
  if ('fd' in options || 'handle' in options || '_handle' in options) return { kind: 'other' }
  const port = toPort(options.port)
  if (port !== undefined) {
    return { kind: 'port', port, host: typeof options.host === 'string' ? options.host : undefined }
  }
  if (typeof options.path === 'string') return { kind: 'path', path: options.path }
  return { kind: 'other' }
}

function targetOfPositional(first: unknown, second: unknown): ListenTarget {
  if (first === undefined || first === null) return { kind: 'port', port: 0, host: undefined }
  const port = toPort(first)
  if (port !== undefined) return { kind: 'port', port, host: typeof second === 'string' ? second : undefined }
  // Text that reads as a number is never a path: Node.js refuses what is no port.
  return typeof first === 'string' && !(Number(first) >= 0)
    ? { kind: 'path', path: first }
    : { kind: 'other' }
}

function toPort(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined
  const port = Number(value)
  return Number.isInteger(port) && port >= 0 && port < 65_536 ? port : undefined
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined
}

/** The same, sharing the port with others that do. */
export function withReusePort(args: unknown[]): unknown[] {
  const [first, ...rest] = args
  if (typeof first === 'object' && first !== null) return [{ ...first, reusePort: true }, ...rest]
  const { target, backlog, callback } = parseListenArguments(args)
  return target.kind === 'port'
    ? [{ port: target.port, host: target.host, backlog, reusePort: true }, callback]
    : args
}

/** Before it listens, as Node.js does, where the signal was aborted already. */
export function closeOnAbort(server: net.Server, signal: AbortSignal | undefined): void {
  const close = () => void server.close()
  if (signal?.aborted) process.nextTick(close)
  else signal?.addEventListener('abort', close, { once: true })
}
