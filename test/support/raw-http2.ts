import net from 'node:net'
import tls from 'node:tls'
import type { Scope } from './scope.ts'

/** A frame of HTTP/2 (RFC 9113, section 4.1). */
export interface Frame {
  type: number
  flags: number
  stream: number
  payload: Buffer
}

export const TYPE = { data: 0, headers: 1, rstStream: 3, settings: 4, ping: 6, goaway: 7 } as const
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const

/** An HTTP/2 connection of which every frame is the test's: it answers nothing by itself. */
export interface RawSession {
  /** In one write, so that no answer can come between them. */
  send(...frames: Buffer[]): void
  /** Every frame that came, in order. */
  received: readonly Frame[]
  /** Resolves to the first frame that `wanted` holds for, as soon as there is one; rejects when the connection ends before. */
  frame(wanted: (frame: Frame) => boolean): Promise<Frame>
  /** The body of an answer, when it has come whole; rejects when the connection ends before. */
  body(stream: number): Promise<string>
  /** Resolves when the server has closed the connection, rejects when it was reset. */
  ended(): Promise<void>
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const HEADER_BYTES = 9

/** Opens a connection, with TLS where a certificate is given, and sends what must come first. Closed after the test. */
export function rawSession(t: Scope, port: number, ca?: string): RawSession {
  const socket = ca
    ? tls.connect({ port, host: 'localhost', servername: 'localhost', ca, ALPNProtocols: ['h2'] })
    : net.connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  const received: Frame[] = []
  let rest = Buffer.alloc(0)
  let end: 'open' | 'ended' | Error = 'open'
  let wake = Promise.withResolvers<void>()
  const changed = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUIntBE(0, 3)) {
      const length = HEADER_BYTES + rest.readUIntBE(0, 3)
      received.push(parse(rest.subarray(0, length)))
      rest = rest.subarray(length)
    }
    changed()
  })
  socket.on('error', error => {
    end = error
    changed()
  })
  socket.on('close', () => {
    if (end === 'open') end = 'ended'
    changed()
  })
  socket.write(Buffer.concat([PREFACE, frame(TYPE.settings)]))

  async function until<T>(probe: () => T | undefined): Promise<T> {
    for (;;) {
      const found = probe()
      if (found !== undefined) return found
      if (end instanceof Error) throw end
      if (end === 'ended') throw new Error(`the connection ended after ${received.map(describe).join(', ')}`)
      await wake.promise
    }
  }
  return {
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    received,
    frame: wanted => until(() => received.find(wanted)),
    body: stream =>
      until(() => {
        const own = received.filter(part => part.stream === stream)
        const broken = own.find(({ type }) => type === TYPE.rstStream)
        if (broken) throw new Error(`stream ${stream} was reset with ${resetCode(broken)}`)
        const parts = own.filter(({ type }) => type === TYPE.data)
        if (!parts.some(({ flags }) => flags & FLAG.endStream)) return undefined
        return Buffer.concat(parts.map(({ payload }) => payload)).toString()
      }),
    ended: async () => {
      while (end === 'open') await wake.promise
      if (end instanceof Error) throw end
    },
  }
}

function parse(bytes: Buffer): Frame {
  return {
    type: bytes.readUInt8(3),
    flags: bytes.readUInt8(4),
    stream: bytes.readUInt32BE(5),
    payload: bytes.subarray(HEADER_BYTES),
  }
}

export function frame(type: number, { flags = 0, stream = 0, payload = Buffer.alloc(0) } = {}): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUIntBE(payload.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

const literal = (text: string) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)])
/** Fields by their place in HPACK's static table (RFC 7541, appendix A); the last three with a value of our own. */
const GET = Buffer.of(0x82)
const POST = Buffer.of(0x83)
const HTTP = Buffer.of(0x86)
const AUTHORITY = Buffer.of(0x01)
const PATH = Buffer.of(0x04)
const NEW_NAME = Buffer.of(0x00)

const request = (method: Buffer, path: string) =>
  Buffer.concat([method, HTTP, AUTHORITY, literal('localhost'), PATH, literal(path)])

/** A request without a body. */
export const get = (stream: number, path: string) =>
  frame(TYPE.headers, { stream, flags: FLAG.endHeaders | FLAG.endStream, payload: request(GET, path) })

/** A request whose body is still to come. */
export const post = (stream: number, path: string) =>
  frame(TYPE.headers, { stream, flags: FLAG.endHeaders, payload: request(POST, path) })

export const data = (stream: number, text: string) => frame(TYPE.data, { stream, payload: Buffer.from(text) })

/** Ends a request. */
export const trailers = (stream: number, name: string, value: string) =>
  frame(TYPE.headers, {
    stream,
    flags: FLAG.endHeaders | FLAG.endStream,
    payload: Buffer.concat([NEW_NAME, literal(name), literal(value)]),
  })

export function reset(stream: number, code: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return frame(TYPE.rstStream, { stream, payload })
}

/** What an RST_STREAM says. */
export const resetCode = ({ payload }: Frame) => payload.readUInt32BE(0)

export const pong = ({ payload }: Frame) =>
  frame(TYPE.ping, { flags: FLAG.ack, payload: Buffer.from(payload) })

/** Whether the other side wants to know that we are there. */
export const isPing = ({ type, flags }: Frame) => type === TYPE.ping && (flags & FLAG.ack) === 0

/** What every GOAWAY that came says. */
export const goaways = ({ received }: RawSession) =>
  received
    .filter(({ type }) => type === TYPE.goaway)
    .map(({ payload }) => ({ last: payload.readUInt32BE(0), code: payload.readUInt32BE(4) }))

const describe = ({ type, flags, stream }: Frame) => `frame ${type} (flags ${flags}) on ${stream}`
