import { createHash } from 'node:crypto'
import net from 'node:net'

/** What the fixture `moving-app` said of a request. */
export interface Answer {
  version: string
  /** Of the headers; `close` where the server announced that it would. */
  connection: string
  body: string
}

/** A client that never connects again: what ends its connection is a failure. */
export interface OneConnection {
  /** Sends requests at once, and resolves to their answers, each checked, in this order. */
  ask(requests: readonly Request[]): Promise<Answer[]>
  write(text: string): void
  /** Resolves to the next answer. */
  answer(request: Request): Promise<Answer>
  /** `null` while the connection is open. */
  end(): string | null
  close(): void
}

export interface Request {
  method: 'GET' | 'POST'
  path: string
  body: string
}

export const get = (path: string): Request => ({ method: 'GET', path, body: '' })
export const post = (path: string, body: string): Request => ({ method: 'POST', path, body })

export const textOf = ({ method, path, body }: Request): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`

export async function oneConnection(to: number | string): Promise<OneConnection> {
  const socket = typeof to === 'number' ? net.connect(to, '127.0.0.1') : net.connect(to)
  let text = ''
  let end: string | null = null
  let wake: () => void = () => undefined
  const ended = (how: string) => {
    end ??= how
    wake()
  }
  socket.setEncoding('latin1').setNoDelay(true)
  socket.on('data', (more: string) => {
    text += more
    wake()
  })
  socket.on('end', () => ended('ended by the server'))
  socket.on('error', error => ended(error.message))
  socket.on('close', () => ended('closed'))
  await new Promise(resolve => socket.once('connect', resolve))

  async function answer(request: Request): Promise<Answer> {
    for (;;) {
      const found = takeAnswer(text)
      if (found) {
        text = found.rest
        return checked(found, request)
      }
      if (end !== null) throw new Error(`${request.path}: ${end}; ${JSON.stringify(text)} had come`)
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
  return {
    answer,
    write: more => void socket.write(more),
    ask: async requests => {
      socket.write(requests.map(textOf).join(''))
      const answers: Answer[] = []
      for (const request of requests) answers.push(await answer(request))
      return answers
    },
    end: () => end,
    close: () => void socket.destroy(),
  }
}

interface RawAnswer {
  head: string
  body: string
  rest: string
}

/** The first answer of a text, when all of it has come. */
function takeAnswer(text: string): RawAnswer | null {
  const at = text.indexOf('\r\n\r\n')
  if (at === -1) return null
  const head = text.slice(0, at)
  const after = text.slice(at + 4)
  if (head.startsWith('HTTP/1.1 100')) return takeAnswer(after)
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  if (length === undefined) return takeChunked(head, after)
  return after.length < Number(length)
    ? null
    : { head, body: after.slice(0, Number(length)), rest: after.slice(Number(length)) }
}

function takeChunked(head: string, after: string): RawAnswer | null {
  let body = ''
  for (let at = 0; ; ) {
    const line = after.indexOf('\r\n', at)
    if (line === -1) return null
    const size = Number.parseInt(after.slice(at, line), 16)
    const end = line + 2 + size + 2
    if (after.length < end) return null
    if (size === 0) return { head, body, rest: after.slice(end) }
    body += after.slice(line + 2, line + 2 + size)
    at = end
  }
}

function checked({ head, body }: RawAnswer, { method, path, body: sent }: Request): Answer {
  const version = /^x-version: (.+)$/im.exec(head)?.[1] ?? ''
  const connection = /^connection: (.+)$/im.exec(head)?.[1]?.toLowerCase() ?? ''
  const expected = `${version} ${method} ${path} ${createHash('sha256').update(sent).digest('hex')}`
  const said = body.replace('begun ', '')
  if (!head.startsWith('HTTP/1.1 200') || said !== expected)
    throw new Error(`${path}: ${JSON.stringify(head)} ${JSON.stringify(body)} in place of ${expected}`)
  return { version, connection, body }
}
