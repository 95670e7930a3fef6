import type net from 'node:net'
import type { InheritedEndpoint } from '../rpc/protocol.ts'
import type { ClusterHandle } from './cluster-primary.ts'
import type { ListenTarget } from './listen-arguments.ts'
import type { ParkedServer } from './parked-server.ts'

/**
 * The life of a server on a declared endpoint:
 * - `held`: the application was told that it listens; nothing is accepted yet.
 * - `deferred`: the same for the server of a `node:cluster` primary, which must see a real handle: it is
 *   told when it really listens.
 * - `accepting`: it listens on the inherited socket.
 * - `clustered`: the same for the server of a `node:cluster` primary, whose handle `cluster` has taken.
 * - `parked`: it accepts no more, and may be opened again.
 * - `retired`: it accepts no more and finishes what it accepted.
 */
export type ServerState =
  | { state: 'held' | 'deferred'; endpoint: InheritedEndpoint; backlog: number | undefined }
  | Accepting
  | { state: 'clustered'; endpoint: InheritedEndpoint; handle: ClusterHandle }
  | { state: 'parked'; parked: ParkedServer; before: Accepting }
  | { state: 'retired'; endpoint: InheritedEndpoint | null; closed: boolean }

interface Accepting {
  state: 'accepting'
  /** `null`: it is none that was declared. */
  endpoint: InheritedEndpoint | null
  /** What it is to listen with once more. */
  again(): unknown[]
}

/** The functions of Node.js that the preload stands in for, as they were before. */
export interface NativeServer {
  listen: (this: net.Server, ...args: unknown[]) => net.Server
  close: (this: net.Server, callback?: (error?: Error) => void) => net.Server
}

type Address = ReturnType<net.Server['address']>

/** What the application is told of a server on `endpoint`. */
export function addressOn(endpoint: InheritedEndpoint, target: ListenTarget): Address {
  if (endpoint.kind === 'tcp') return { address: endpoint.host, family: endpoint.family, port: endpoint.port }
  return target.kind === 'path' ? target.path : endpoint.path
}

/** Lets the application believe that `server` listens. Undone by {@link reveal}. */
export function disguise(server: net.Server, address: Address): void {
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

/** Takes the disguise off. */
export function reveal(server: net.Server): void {
  Reflect.deleteProperty(server, 'listening')
  Reflect.deleteProperty(server, Symbol.asyncDispose)
  Reflect.deleteProperty(server, 'address')
}

/** Keeps those events from everybody of which `isTaken` says so, until the returned function is called. */
export function intercept(
  server: net.Server,
  isTaken: (event: string, args: unknown[]) => boolean,
): () => void {
  const own = Object.getOwnPropertyDescriptor(server, 'emit')
  const { emit } = server
  server.emit = function (this: net.Server, event: string, ...args: unknown[]): boolean {
    return isTaken(event, args) || Reflect.apply(emit, this, [event, ...args])
  } as typeof server.emit
  return () => {
    if (own) Object.defineProperty(server, 'emit', own)
    else Reflect.deleteProperty(server, 'emit')
  }
}

/** What to `listen` with on an inherited socket. */
export const onDescriptor = (fd: number, backlog: number | undefined): unknown[] => [{ fd }, backlog]

/**
 * Opens a server that was disguised. The application had its `listening` event when it called `listen`; the second one, which Node.js
 * emits now, is swallowed.
 */
export function open(server: net.Server, how: readonly unknown[], native: NativeServer): Promise<void> {
  // A Unix socket keeps its `address()`: a server on an inherited handle does not know its path.
  const address = server.address()
  reveal(server)
  if (typeof address === 'string')
    Object.defineProperty(server, 'address', { configurable: true, enumerable: false, value: () => address })
  return new Promise((resolve, reject) => {
    const letGo = intercept(server, (event, [error]) => {
      if (event !== 'listening' && event !== 'error') return false
      letGo()
      if (event === 'listening') resolve()
      else reject(error)
      return true
    })
    Reflect.apply(native.listen, server, [...how])
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
  Reflect.apply(native.listen, server, onDescriptor(endpoint.fd, backlog))
  await listening
}

/** Ends a server that the application closes before it ever accepted. */
export function closeHeld(server: net.Server, callback: ((error?: Error) => void) | undefined): void {
  reveal(server)
  process.nextTick(() => {
    callback?.()
    server.emit('close')
  })
}
