import { once } from 'node:events'
import type { Connections } from './connections.ts'

/** `INTERNAL_ERROR` (RFC 9113, section 7). */
const INTERNAL_ERROR = 2
/** How long that may take to be sent. */
const SENT_MS = 200
/** The same of a `shutdownTimeout` that is short. The application's own stop has more. */
const SENT_SHARE = 0.05

/**
 * Resets the HTTP/2 streams that are still open, before this process ends. A client then knows that what it has of an answer is not all
 * of it: many take the end of the connection, and a reset with `CANCEL`, for the end of the answer. Resolves when it is sent.
 */
export async function resetStreams(connections: Connections): Promise<void> {
  const closed: Promise<unknown>[] = []
  for (const connection of connections) {
    if (connection.kind !== 'http2' || connection.streams.size === 0) continue
    closed.push(once(connection.session, 'close'))
    for (const stream of connection.streams.keys()) {
      // Of no use to the application any more.
      stream.on('error', () => undefined)
      stream.close(INTERNAL_ERROR)
    }
    connection.session.close()
  }
  if (closed.length === 0) return
  const { promise: late, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, SENT_MS)
  await Promise.race([Promise.allSettled(closed), late])
}

/** The same where the application's own stop has not ended this process, shortly before it is killed. */
export function resetStreamsBeforeKill(connections: Connections, shutdownTimeout: number | null): void {
  if (shutdownTimeout === null) return
  const margin = Math.min(SENT_MS, shutdownTimeout * SENT_SHARE)
  setTimeout(() => void resetStreams(connections), shutdownTimeout - margin).unref()
}
