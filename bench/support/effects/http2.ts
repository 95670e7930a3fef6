import { setTimeout as delay } from 'node:timers/promises'
import { http2Client } from '../../../test/support/http2-client.ts'
import { answeredInTime, type EffectsRecorder } from './tally.ts'

export interface Http2Load {
  port: number
  sessions: number
  /** Streams of each session that ask one thing after the other. */
  streams: number
  thinkMs: number
}

/** Clients that open the next session when the server ends theirs, and send again what GOAWAY says was not processed. */
export async function http2Clients(
  recorder: EffectsRecorder,
  { port, sessions, streams, thinkMs }: Http2Load,
): Promise<void> {
  const { effects, begin, isRunning } = recorder
  const clients = Array.from({ length: sessions }, () => http2Client(`http://127.0.0.1:${port}`))
  const ask = async ({ get }: (typeof clients)[number]) => {
    while (isRunning()) {
      const end = begin()
      try {
        await answeredInTime(get('/'))
        end(null)
      } catch (error) {
        end(error instanceof Error ? error.message : String(error))
      }
      await delay(thinkMs)
    }
  }
  await Promise.all(clients.flatMap(client => Array.from({ length: streams }, () => ask(client))))
  for (const client of clients) {
    const { unsent, refused } = client.sentAgain()
    effects.again += unsent + refused
    effects.resets += client.errors()
    effects.closed = (effects.closed ?? 0) + client.sessions() - 1 - client.errors()
    client.close()
  }
}
