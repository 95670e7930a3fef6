import cluster from 'node:cluster'
import net from 'node:net'
import { aborted } from '../clock.ts'
import type { InheritedEndpoint } from '../rpc/protocol.ts'
import { stopApplication } from './application-stop.ts'
import { trackConnections } from './connections.ts'
import { drain } from './drain.ts'
import { findEndpoint } from './endpoints.ts'

/**
 * In a peer that is a `node:cluster` primary: ends its workers, each after its connections, once all that was accepted is
 * with them.
 */
export async function endClusterWorkers(handedOver: Promise<void>, signal: AbortSignal): Promise<void> {
  const late = aborted(signal)
  await Promise.race([handedOver, late])
  const living = () => Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined)
  const workers = living()
  const ended = workers.map(worker => new Promise(resolve => worker.once('exit', resolve)))
  for (const worker of workers) if (worker.isConnected()) worker.disconnect()
  await Promise.race([Promise.all(ended), late])
  // What the application forked in their place meanwhile has nothing to accept, and would fail when we are gone.
  for (const worker of living()) if (!workers.includes(worker)) worker.process.kill('SIGKILL')
}

/**
 * In a primary that does not schedule connections: calls `found` when a worker listens on a declared endpoint. The
 * primary has then opened a socket of its own for its workers, past every server that could be held back.
 */
export function onSharedSocket(
  endpoints: readonly InheritedEndpoint[],
  found: (endpoint: InheritedEndpoint) => void,
): void {
  cluster.on('listening', (_worker, { port, address }) => {
    if (cluster.schedulingPolicy === cluster.SCHED_RR) return
    const endpoint = findEndpoint(endpoints, { kind: 'port', port, host: address })
    if (endpoint) found(endpoint)
  })
}

/**
 * In such a worker: finishes its connections as a peer does, and exits. To disconnect, `cluster` closes the worker's
 * servers, which would close the connections whose request is under way to us with them.
 */
export function runClusterWorker(): void {
  const connections = trackConnections()
  let draining = false
  const { listen, close } = net.Server.prototype

  const beginDrain = () => {
    if (draining) return
    draining = true
    // No deadline of its own: the primary ends it at its deadline.
    void drain(connections, { signal: new AbortController().signal, awaitUpgraded: true })
  }
  const closeGently = (server: net.Server) => {
    const original = server.close
    const replacement = (callback?: (error?: Error) => void) => {
      if (!cluster.worker?.exitedAfterDisconnect) return Reflect.apply(original, server, [callback])
      beginDrain()
      return Reflect.apply(close, server, [callback])
    }
    Object.defineProperty(server, 'close', { configurable: true, writable: true, value: replacement })
  }
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    if (!this.listening) {
      connections.watch(this)
      closeGently(this)
    }
    return Reflect.apply(listen, this, args)
  } as typeof listen
  process.once('disconnect', async () => {
    if (await stopApplication({ stop: null })) process.exit(0)
  })
}
