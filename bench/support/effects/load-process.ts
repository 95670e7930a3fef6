/** A program of its own: clients of all four kinds at once, and what they have met. */
import { http1Clients } from './http1.ts'
import { http2Clients } from './http2.ts'
import type { EffectsCommand, EffectsReply } from './load.ts'
import { type Effects, recordEffects } from './tally.ts'
import { webSocketClients } from './websocket.ts'

let running = true
let swapping = false

process.on('message', (command: EffectsCommand) => {
  switch (command.kind) {
    case 'begin':
      void run(command)
      break
    case 'swap':
      swapping = command.begins
      break
    case 'stop':
      running = false
      break
    default: {
      const unreachable: never = command
      throw new Error(`unknown command ${JSON.stringify(unreachable)}`)
    }
  }
})

async function run({ port, http2Port }: EffectsCommand & { kind: 'begin' }): Promise<void> {
  const recorder = (closed: number | null = 0) =>
    recordEffects(
      () => running,
      () => swapping,
      closed,
    )
  const kinds = {
    'a connection per request': recorder(null),
    'keep-alive': recorder(),
    WebSocket: recorder(),
    'HTTP/2': recorder(),
  }
  await Promise.all([
    http1Clients(kinds['a connection per request'], { port, clients: 4, thinkMs: 20, keepAlive: false }),
    http1Clients(kinds['keep-alive'], { port, clients: 16, thinkMs: 40, keepAlive: true }),
    webSocketClients(kinds.WebSocket, { port, clients: 16, intervalMs: 40 }),
    http2Clients(kinds['HTTP/2'], { port: http2Port, sessions: 4, streams: 4, thinkMs: 40 }),
  ])
  const effects: Record<string, Effects> = {}
  for (const [kind, recorded] of Object.entries(kinds)) effects[kind] = recorded.effects
  process.send?.({ effects } satisfies EffectsReply)
}
