import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type ClientKind, get } from './load.ts'

/** A TLS connection for each request; `ca` is the server's certificate. */
export const secureConnections =
  (ca: string): ClientKind =>
  port => ({
    request: () => get({ port, path: '/', agent: false }, { client: https, ca }),
    close: () => undefined,
  })

/** One TLS connection for as long as the server keeps it, with a pause after each answer. */
export const secureKeepAlive =
  (ca: string, thinkMs: number): ClientKind =>
  port => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
    return {
      request: async () => {
        const version = await get({ port, path: '/', agent }, { client: https, ca })
        await delay(thinkMs)
        return version
      },
      close: () => agent.destroy(),
    }
  }

/** A connection to a Unix socket for each request. */
export const unixSocket =
  (socketPath: string, path = '/'): ClientKind =>
  () => ({ request: () => get({ socketPath, path, agent: false }), close: () => undefined })

/** One such connection for as long as the server keeps it, with a pause after each answer. */
export const unixSocketKeepAlive =
  (socketPath: string, thinkMs: number): ClientKind =>
  () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    return {
      request: async () => {
        const version = await get({ socketPath, path: '/', agent })
        await delay(thinkMs)
        return version
      },
      close: () => agent.destroy(),
    }
  }

/** One HTTP/2 session for as long as the server keeps it, with several streams at once; plain without `ca`. */
export const http2Sessions =
  (thinkMs: number, ca?: string): ClientKind =>
  port => {
    let session: http2.ClientHttp2Session | null = null
    const connect = () => {
      const made = ca
        ? http2.connect(`https://localhost:${port}`, { ca })
        : http2.connect(`http://127.0.0.1:${port}`)
      // What it fails with, its streams fail with.
      made.on('error', () => undefined)
      return made
    }
    const send = async (): Promise<{ version: string }> => {
      if (session === null || session.closed || session.destroyed) session = connect()
      const end = await stream(session)
      return end === 'unsent' ? send() : end
    }
    return {
      request: async () => {
        const [first] = await Promise.all([send(), send(), send()])
        await delay(thinkMs)
        return first.version
      },
      close: () => session?.close(),
    }
  }

/** What became of a request on a session that was ended meanwhile: `unsent` when it never left this process. */
type StreamEnd = { version: string } | 'unsent'

function stream(session: http2.ClientHttp2Session): Promise<StreamEnd> {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':path': '/' })
    let version = ''
    let body = ''
    request.on('response', headers => {
      version = headers[':status'] === 200 ? String(headers['x-version']) : ''
    })
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    // Node.js queues the frame; where GOAWAY is read before it is written, it is not sent at all.
    request.on('frameError', () => resolve('unsent'))
    request.on('error', reject)
    request.on('close', () => {
      if (version !== '' && body === version) resolve({ version })
      else reject(new Error(`stream ended with ${request.rstCode} after ${body.length} bytes`))
    })
  })
}

/** A connection on which `lines` questions are asked, one after the other, and which the client then ends. */
export const lineConnections =
  (lines: number): ClientKind =>
  port => ({
    request: () =>
      new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1', () => socket.write('version\n'))
        const answers: string[] = []
        socket.setEncoding('utf8').on('data', (text: string) => {
          answers.push(text.trimEnd())
          if (answers.length < lines) socket.write('version\n')
          else socket.end()
        })
        socket.on('error', reject)
        socket.on('close', () => {
          const [version = ''] = answers
          if (answers.length === lines && answers.every(answer => answer === version)) resolve(version)
          else reject(new Error(`${answers.length} of ${lines} answers`))
        })
      }),
    close: () => undefined,
  })
