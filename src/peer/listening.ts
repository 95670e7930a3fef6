import net from 'node:net'
import { hotEngine } from '../rpc/hot-engine.ts'
import { endpointLabel, type InheritedEndpoint } from '../rpc/protocol.ts'
import { isClusterPrimaryServer, keepClusterHandle } from './cluster-primary.ts'
import { findEndpoint, narrowerHostWarning } from './endpoints.ts'
import {
  closeOnAbort,
  type ListenArguments,
  parseListenArguments,
  withReusePort,
} from './listen-arguments.ts'
import { addressInUse, alreadyListening, closedByApplication } from './listen-errors.ts'
import { park } from './parked-server.ts'
import { type Places, placesOf } from './places.ts'
import {
  addressOn,
  closeHeld,
  disguise,
  type NativeServer,
  onDescriptor,
  open,
  openDeferred,
  type ServerState,
} from './server-lifecycle.ts'
import { closeSpares, hasSpare, takeSpare } from './spare-descriptors.ts'

export interface ListeningEvents {
  /** A server that will be, or is, this peer's for the public: watch its connections. `endpoint`: the declared one that is its. */
  adopted(server: net.Server, endpoint: InheritedEndpoint | null): void
  /** Every declared endpoint has its server. */
  complete(): void
  /** Every `node:cluster` worker that served an endpoint has ended; nobody in this process can serve it again. */
  lost(endpoint: InheritedEndpoint): void
  /** A `listen` on an address that was not declared. */
  elsewhere(address: string): void
  warn(message: string): void
}

export interface Listening extends Places {
  /** Whether every declared endpoint has its server. */
  isComplete(): boolean
  /** Opens all that is held back: the cutover. Resolves when each accepts. */
  accept(): Promise<void>
  /**
   * Ends accepting at once; what was accepted stays open. Resolves when each connection is with the process that answers
   * it: this one, or a `node:cluster` worker. Once: called again, it is the same promise.
   */
  retire(): Promise<void>
  /** Ends accepting so that {@link Listening.resume} can undo it: the application does not notice. */
  park(): void
  /** Accepts again; `false` where a server cannot be opened once more, and stays parked: the application has closed it, or no descriptor is left. */
  resume(): Promise<boolean>
  /** Whether `node:cluster` workers serve an endpoint. */
  isClustered(): boolean
}

/**
 * Stands in for `net.Server.prototype.listen`, through which every server of `net`, `http`, `https`, `http2`
 * and `tls` listens. On a declared endpoint a server is held back until the cutover and then given the
 * socket that the parent holds; no other `listen` changes, but for sharing its port with the next generation.
 */
export function takeListening(endpoints: readonly InheritedEndpoint[], events: ListeningEvents): Listening {
  const native: NativeServer = {
    listen: net.Server.prototype.listen as NativeServer['listen'],
    close: net.Server.prototype.close,
  }
  const servers = new Map<net.Server, ServerState>()
  const taken = new Set<InheritedEndpoint>()
  const opened = new Set<InheritedEndpoint>()
  let phase: 'held' | 'accepting' | 'parked' | 'retired' = 'held'
  let retired: Promise<void> | null = null

  function listen(this: net.Server, ...args: unknown[]): net.Server {
    const parsed = parseListenArguments(args)
    if (isWaiting(this)) throw alreadyListening()
    if (parsed.target.kind === 'other' || this.listening) return Reflect.apply(native.listen, this, args)
    const endpoint = findEndpoint(endpoints, parsed.target)
    if (endpoint) return listenOnEndpoint(this, endpoint, parsed)
    return listenElsewhere(this, args, parsed)
  }

  /** Told to listen, and not open yet. */
  function isWaiting(server: net.Server): boolean {
    const state = servers.get(server)?.state
    return state === 'held' || state === 'deferred'
  }

  function listenOnEndpoint(
    server: net.Server,
    endpoint: InheritedEndpoint,
    parsed: ListenArguments,
  ): net.Server {
    if (parsed.callback) server.once('listening', parsed.callback)
    if (taken.has(endpoint)) {
      process.nextTick(() => server.emit('error', addressInUse(endpoint)))
      return server
    }
    taken.add(endpoint)
    hotEngine()?.tookEndpoint?.(server)
    const warning = narrowerHostWarning(endpoint, parsed.target)
    if (warning !== undefined) events.warn(warning)
    const deferred = isClusterPrimaryServer(server)
    servers.set(server, { state: deferred ? 'deferred' : 'held', endpoint, backlog: parsed.backlog })
    if (!deferred) {
      disguise(server, addressOn(endpoint, parsed.target))
      events.adopted(server, endpoint)
      closeOnAbort(server, parsed.signal)
      process.nextTick(() => {
        if (isWaiting(server)) server.emit('listening')
      })
    }
    if (taken.size === endpoints.length) events.complete()
    // A server that replaces one which the application closed after the cutover has nothing to wait for.
    if (phase === 'accepting') void openServer(server).catch(error => server.emit('error', error))
    return server
  }

  function listenElsewhere(server: net.Server, args: unknown[], { target }: ListenArguments): net.Server {
    if (target.kind === 'path') events.elsewhere(target.path)
    if (target.kind !== 'port' || target.port === 0) return Reflect.apply(native.listen, server, args)
    events.elsewhere(
      endpointLabel({ port: target.port, ...(target.host !== undefined && { host: target.host }) }),
    )
    if (process.platform !== 'linux') return Reflect.apply(native.listen, server, args)
    events.warn(
      `port ${target.port} is not a declared endpoint: both generations listen on it during a swap, and connections ` +
        `may be reset; declare it with --port ${target.port}`,
    )
    const shared = withReusePort(args)
    if (!isClusterPrimaryServer(server)) {
      const again = () => shared.filter(arg => typeof arg !== 'function')
      servers.set(server, { state: 'accepting', endpoint: null, again })
      events.adopted(server, null)
    }
    return Reflect.apply(native.listen, server, shared)
  }

  function close(this: net.Server, callback?: (error?: Error) => void): net.Server {
    const record = servers.get(this)
    switch (record?.state) {
      case undefined:
      case 'clustered':
        break
      case 'held':
      case 'deferred':
        servers.delete(this)
        taken.delete(record.endpoint)
        closeHeld(this, callback)
        return this
      case 'accepting':
        servers.delete(this)
        if (record.endpoint) taken.delete(record.endpoint)
        break
      case 'parked':
        servers.delete(this)
        if (record.before.endpoint) taken.delete(record.before.endpoint)
        if (callback) this.once('close', () => callback())
        record.parked.end()
        return this
      case 'retired':
        // We ended accepting; to the application this is its first `close`, and it succeeds.
        if (record.closed) process.nextTick(() => callback?.())
        else if (callback) this.once('close', () => callback())
        return this
      default: {
        const unreachable: never = record
        throw new Error(`unknown server state ${JSON.stringify(unreachable)}`)
      }
    }
    return Reflect.apply(native.close, this, [callback])
  }

  async function openServer(server: net.Server): Promise<void> {
    const record = servers.get(server)
    if (record?.state !== 'held' && record?.state !== 'deferred') return
    const { endpoint } = record
    if (opened.has(endpoint)) throw closedByApplication(endpoint)
    opened.add(endpoint)
    if (record.state === 'held') {
      const { backlog } = record
      const again = () => onDescriptor(takeSpare(endpoint), backlog)
      servers.set(server, { state: 'accepting', endpoint, again })
      await open(server, onDescriptor(endpoint.fd, backlog), native)
    } else {
      const handle = keepClusterHandle(server, () => events.lost(endpoint))
      servers.set(server, { state: 'clustered', endpoint, handle })
      await openDeferred(server, record, native)
    }
  }

  net.Server.prototype.listen = listen as typeof net.Server.prototype.listen
  net.Server.prototype.close = close as typeof net.Server.prototype.close

  return {
    isComplete: () => taken.size === endpoints.length,
    accept: async () => {
      phase = 'accepting'
      await Promise.all([...servers.keys()].map(openServer))
    },
    park: () => {
      phase = 'parked'
      for (const [server, record] of servers) {
        if (record.state === 'accepting')
          servers.set(server, { state: 'parked', parked: park(server, native), before: record })
      }
    },
    resume: async () => {
      const parked = [...servers].flatMap(([server, record]) =>
        record.state === 'parked' ? [{ server, ...record }] : [],
      )
      if (phase !== 'parked' || parked.length < servers.size) return false
      if (taken.size < endpoints.length || !endpoints.every(hasSpare)) return false
      phase = 'accepting'
      await Promise.all(
        parked.map(({ server, parked, before }) => {
          servers.set(server, before)
          return parked.open(before.again())
        }),
      )
      return true
    },
    retire: () => {
      retired ??= retireAll()
      return retired
    },
    ...placesOf(servers, endpoints),
    isClustered: () => [...servers.values()].some(({ state }) => state === 'clustered'),
  }

  async function retireAll(): Promise<void> {
    phase = 'retired'
    const handedOver: Promise<void>[] = []
    for (const [server, record] of servers) {
      if (record.state === 'clustered') handedOver.push(record.handle.stopAccepting())
      if (record.state !== 'accepting' && record.state !== 'parked') continue
      const { endpoint } = record.state === 'parked' ? record.before : record
      const state: ServerState = { state: 'retired', endpoint, closed: false }
      servers.set(server, state)
      server.once('close', () => {
        state.closed = true
      })
      if (record.state === 'parked') record.parked.end()
      // Not `server.close()`: that of `http` would also close connections whose request is under way to us.
      else Reflect.apply(native.close, server, [])
    }
    closeSpares(endpoints)
    await Promise.all(handedOver)
  }
}
