import type net from 'node:net'
import type { InheritedEndpoint } from '../rpc/protocol.ts'
import type { ClusterHandle } from './cluster-primary.ts'
import type { ListenTarget } from './listen-arguments.ts'

/**
 * The life of a server on a declared endpoint:
 * - `held`: the application was told that it listens; nothing is accepted yet.
 * - `deferred`: the same for the server of a `node:cluster` primary, which must see a real handle: it is
 *   told when it really listens.
 * - `accepting`: it listens on the inherited socket.
 * - `clustered`: the same for the server of a `node:cluster` primary, whose handle `cluster` has taken.
 * - `retired`: it accepts no more and finishes what it accepted.
 */
export type ServerState =
  | { state: 'held' | 'deferred'; endpoint: InheritedEndpoint; backlog: number | undefined }
  | { state: 'accepting'; endpoint: InheritedEndpoint | null }
  | { state: 'clustered'; endpoint: InheritedEndpoint; handle: ClusterHandle }
  | { state: 'retired'; closed: boolean }

/** The functions of Node.js that the preload stands in for, as they were before. */
export interface NativeServer {
  listen: (this: net.Server, ...args: unknown[]) => net.Server
  close: (this: net.Server, callback?: (error?: Error) => void) => net.Server
}

/** Lets the application believe that `server` listens on `endpoint`. Undone by {@link reveal}. */
export function disguise(server: net.Server, endpoint: InheritedEndpoint, target: ListenTarget): void {
  const address =
    endpoint.kind === 'tcp'
      ? { address: endpoint.host, family: endpoint.family, port: endpoint.port }
      : target.kind === 'path'
        ? target.path
        : endpoint.path
  Object.defineProperties(server, {
    listening: { configurable: true, enumerable: true, value: true },
    address: { configurable: true, enumerable: false, value: () => address },
    // That of `net` does nothing for a server without a handle.
    [Symbol.asyncDispose]: {
      configurable: true,
      enumerable: false,
      value: () =>
        new Promise<void>((resolve, reject) => {
          server.close(error => (error ? reject(error) : resolve()))
        }),
    },
  })
}

/** Takes the disguise off. A Unix socket keeps its `address()`: a server on an inherited handle does not know its path. */
function reveal(server: net.Server, endpoint: InheritedEndpoint): void {
  Reflect.deleteProperty(server, 'listening')
  Reflect.deleteProperty(server, Symbol.asyncDispose)
  if (endpoint.kind === 'tcp') Reflect.deleteProperty(server, 'address')
}

/**
 * Opens a held server on its inherited socket. The application had its `listening` event when it called
 * `listen`; the second one, which Node.js emits now, is swallowed.
 */
export function open(
  server: net.Server,
  { endpoint, backlog }: { endpoint: InheritedEndpoint; backlog: number | undefined },
  native: NativeServer,
): Promise<void> {
  reveal(server, endpoint)
  return new Promise((resolve, reject) => {
    const own = Object.getOwnPropertyDescriptor(server, 'emit')
    const restore = () => {
      if (own) Object.defineProperty(server, 'emit', own)
      else Reflect.deleteProperty(server, 'emit')
    }
    const emit = server.emit
    server.emit = function (this: net.Server, event: string, ...args: unknown[]): boolean {
      if (event === 'listening') {
        restore()
        resolve()
        return true
      }
      if (event === 'error') {
        restore()
        reject(args[0])
        return true
      }
      return Reflect.apply(emit, this, [event, ...args])
    } as typeof server.emit
    Reflect.apply(native.listen, server, [{ fd: endpoint.fd }, backlog])
  })
}

/** Opens the server of a cluster primary, which has waited for `listening` since its `listen`. */
export async function openDeferred(
  server: net.Server,
  { endpoint, backlog }: { endpoint: InheritedEndpoint; backlog: number | undefined },
  native: NativeServer,
): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.prependOnceListener('listening', resolve)
    server.prependOnceListener('error', reject)
  })
  Reflect.apply(native.listen, server, [{ fd: endpoint.fd }, backlog])
  await listening
}

/** Ends a server that the application closes before it ever accepted. */
export function closeHeld(
  server: net.Server,
  endpoint: InheritedEndpoint,
  callback: ((error?: Error) => void) | undefined,
): void {
  reveal(server, endpoint)
  Reflect.deleteProperty(server, 'address')
  process.nextTick(() => {
    callback?.()
    server.emit('close')
  })
}
