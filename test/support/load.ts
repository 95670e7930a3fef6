import http from 'node:http'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Every request that was begun, and what became of it. */
export interface Tally {
  requests: number
  /** Complete, correct answers by the version that gave them. */
  answers: Map<string, number>
  failures: string[]
}

export interface Load {
  tally: Tally
  /** Resolves when at least one more answer of `version` has come. */
  answeredBy(version: string): Promise<void>
  /** Lets every request that was begun end, then resolves. */
  stop(): Promise<Tally>
}

/** One request of one client: resolves to the version that answered, rejects with why it did not. */
export type Client = () => Promise<string>

/** How clients make requests. Each call makes one client. */
export type ClientKind = (port: number) => { request: Client; close(): void }

/** Has `clients` clients make request after request until it is stopped. No request is repeated. */
export function applyLoad(port: number, kind: ClientKind, clients: number): Load {
  const tally: Tally = { requests: 0, answers: new Map(), failures: [] }
  const waiting = new Map<string, () => void>()
  let running = true

  const run = async () => {
    const client = kind(port)
    while (running) {
      tally.requests += 1
      try {
        const version = await client.request()
        tally.answers.set(version, (tally.answers.get(version) ?? 0) + 1)
        waiting.get(version)?.()
        waiting.delete(version)
      } catch (error) {
        tally.failures.push(error instanceof Error ? `${error.message}` : String(error))
        // A refused connection comes back at once: do not spin.
        await delay(5)
      }
    }
    client.close()
  }
  const all = Promise.all(Array.from({ length: clients }, run))
  return {
    tally,
    answeredBy: version => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const before = waiting.get(version)
      waiting.set(version, () => {
        before?.()
        resolve()
      })
      return promise
    },
    stop: async () => {
      running = false
      await all
      return tally
    },
  }
}

/** A connection for each request. */
export const newConnections: ClientKind = port => ({
  request: () => get({ port, path: '/', agent: false, headers: { connection: 'close' } }),
  close: () => undefined,
})

/** One connection for as long as the server keeps it, with a pause after each answer. */
export const keepAlive =
  (thinkMs: number): ClientKind =>
  port => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    return {
      request: async () => {
        const version = await get({ port, path: '/', agent })
        await delay(thinkMs)
        return version
      },
      close: () => agent.destroy(),
    }
  }

/** The same; that the server ends its connection is a failure, also between two requests. */
export const oneSocket =
  (thinkMs: number, socketPath?: string): ClientKind =>
  port => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const connect = agent.createConnection
    let made = 0
    agent.createConnection = (...args) => {
      made += 1
      return Reflect.apply(connect, agent, args)
    }
    return {
      request: async () => {
        const version = await get({
          ...(socketPath === undefined ? { port } : { socketPath }),
          path: '/',
          agent,
        })
        if (made > 1) throw new Error(`${made} connections were needed`)
        await delay(thinkMs)
        return version
      },
      close: () => agent.destroy(),
    }
  }

/** 8 MiB a response, checked to the last byte. */
export const bigResponses: ClientKind = port => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  return {
    request: () => get({ port, path: '/big', agent }, { length: 8 * 1024 * 1024 }),
    close: () => agent.destroy(),
  }
}

/** Responses that take `ms` to begin. */
export const slowResponses =
  (ms: number): ClientKind =>
  port => ({ request: () => get({ port, path: `/slow?ms=${ms}`, agent: false }), close: () => undefined })

/** A request sent one byte at a time, on a connection of its own. */
export const byteByByte =
  (intervalMs: number): ClientKind =>
  port => ({ request: () => dribble(port, intervalMs), close: () => undefined })

export interface GetOptions {
  /** How long the body is; by default it is the version. */
  length?: number
  client?: Pick<typeof http, 'get'>
  /** The certificate of a TLS server. */
  ca?: string
}

/** A GET whose whole answer is checked; resolves to the version that gave it. */
export function get(
  options: http.RequestOptions,
  { length, client = http, ...tls }: GetOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Error(`${options.path}: ${error.message}`, { cause: error }))
    const request = client.get({ host: '127.0.0.1', ...options, ...tls }, response => {
      let received = 0
      response.on('data', (chunk: Buffer) => {
        received += chunk.length
      })
      response.on('error', fail)
      response.on('end', () => {
        const version = String(response.headers['x-version'])
        const expected = length ?? version.length
        if (response.statusCode !== 200) fail(new Error(`status ${response.statusCode}`))
        else if (received !== expected || !response.complete)
          fail(new Error(`${received} of ${expected} bytes`))
        else resolve(version)
      })
    })
    request.on('error', fail)
  })
}

function dribble(port: number, intervalMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let answer = ''
    socket.setNoDelay(true)
    socket.on('connect', async () => {
      for (const byte of 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n') {
        if (socket.destroyed) return
        socket.write(byte)
        await delay(intervalMs)
      }
    })
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const version = /^x-version: (.+)\r$/im.exec(answer)?.[1]
      const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
      if (version !== undefined && answer.startsWith('HTTP/1.1 200') && body === version) resolve(version)
      else reject(new Error(`answer of ${answer.length} bytes`))
    })
  })
}
