import http from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { answeredInTime, type EffectsRecorder } from './tally.ts'

export interface Http1Load {
  port: number
  clients: number
  thinkMs: number
  /** Whether a client keeps its connection for the next request. */
  keepAlive: boolean
}

/** Clients that ask one thing after the other over HTTP/1.1, and repeat nothing. Resolves when the last has been answered. */
export async function http1Clients(recorder: EffectsRecorder, load: Http1Load): Promise<void> {
  await Promise.all(Array.from({ length: load.clients }, () => client(recorder, load)))
}

async function client(
  { effects, begin, isRunning }: EffectsRecorder,
  { port, thinkMs, keepAlive }: Http1Load,
): Promise<void> {
  const agent = new http.Agent({ keepAlive, maxSockets: 1 })
  const seen = new WeakSet<Socket>()
  const watch = (socket: Socket) => {
    if (seen.has(socket)) return
    seen.add(socket)
    socket.once('error', () => {
      effects.resets += 1
    })
    socket.once('close', hadError => {
      if (effects.closed !== null && isRunning() && !hadError) effects.closed += 1
    })
  }
  while (isRunning()) {
    const end = begin()
    try {
      await answeredInTime(ask(port, agent, watch))
      end(null)
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
    }
    await delay(thinkMs)
  }
  agent.destroy()
}

function ask(port: number, agent: http.Agent, watch: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, agent }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200 && body === response.headers['x-version']) resolve()
        else reject(new Error(`status ${response.statusCode}, ${body.length} bytes`))
      })
    })
    request.once('socket', watch)
    request.once('error', reject)
  })
}
