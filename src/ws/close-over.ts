import type { WebSocket } from 'ws'
import { pause } from '../clock.ts'
import { OPEN } from './contract.ts'

/** RFC 6455 registry: "Service Restart". The client is to come back. */
const SERVICE_RESTART = 1012

/** Closes WebSockets one after the other, spread over `ms` so that their clients do not all come back at once. Resolves when all have ended. */
export async function closeOver(
  webSockets: readonly WebSocket[],
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const ended: Promise<void>[] = []
  for (const ws of webSockets) {
    if (ws.readyState === OPEN) {
      ended.push(new Promise(resolve => ws.once('close', () => resolve())))
      ws.close(SERVICE_RESTART, 'service restart')
    }
    await pause(ms / webSockets.length, signal)
  }
  await Promise.all(ended)
}
