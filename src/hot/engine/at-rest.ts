import { fstatSync } from 'node:fs'

/** What only waits for somebody else to begin something. */
const WAITING = new Set(['TCPServerWrap', 'PipeServerWrap', 'TTYWrap', 'SignalWrap', 'FSEventWrap'])

/**
 * Whether the process is in the middle of nothing: no timer, no request, no open connection. What is kept then is not let go of by waiting.
 * Pipes are to whoever has started it; one more may be a connection.
 */
export function isAtRest(): boolean {
  const busy = process.getActiveResourcesInfo().filter(name => !WAITING.has(name))
  const own = [1, 2].filter(isPipe).length + (process.channel ? 1 : 0)
  return busy.length <= own && busy.every(name => name === 'PipeWrap')
}

function isPipe(descriptor: number): boolean {
  try {
    const file = fstatSync(descriptor)
    return file.isFIFO() || file.isSocket()
  } catch {
    // Closed.
    return false
  }
}
