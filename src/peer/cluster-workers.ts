import net from 'node:net'
import { stopApplication } from './application-stop.ts'
import { trackConnections } from './connections.ts'
import { drain } from './drain.ts'

/** In a peer that is a `node:cluster` primary: ends its workers, each after its connections. */
export async function endClusterWorkers(signal: AbortSignal): Promise<void> {
  const { default: cluster } = await import('node:cluster')
  // A connection that was accepted just now is on its way to a worker.
  await new Promise(resolve => setImmediate(resolve))
  // Only these: an application that replaces workers that end would keep us here for ever.
  const workers = Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined)
  const ended = workers.map(
    worker =>
      new Promise<void>(resolve => {
        worker.once('exit', () => resolve())
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  )
  for (const worker of workers) if (worker.isConnected()) worker.disconnect()
  await Promise.all(ended)
}

/** In such a worker: finishes its connections as a peer does once the primary disconnects it, and exits. */
export function runClusterWorker(): void {
  const connections = trackConnections()
  const { listen } = net.Server.prototype
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    if (!this.listening) connections.watch(this)
    return Reflect.apply(listen, this, args)
  } as typeof listen
  process.once('disconnect', async () => {
    // The primary ends it at its own deadline.
    await drain(connections, { signal: new AbortController().signal, awaitUpgraded: true })
    if (await stopApplication({ stop: null })) process.exit(0)
  })
}
