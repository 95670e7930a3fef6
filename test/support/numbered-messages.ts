import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type ClientOptions, WebSocket } from 'ws'
import { randomOf } from './numbered-lines.ts'

/** One WebSocket with numbered messages both ways, and what went wrong on it. */
export interface Player {
  ws: WebSocket
  /** Versions of the application that have answered, in the order in which they first did. */
  versions: string[]
  answers: number
  pushes: number
  /** Everything else that came. */
  others: string[]
  failures: string[]
  /** With what the server has closed it. */
  closed: number | null
  /** Resolves when that is so, or something has gone wrong. */
  until(isSo: () => boolean): Promise<void>
  answeredBy(version: string): Promise<void>
  /** Waits for what is missing, and leaves. */
  stop(): Promise<void>
}

export interface PlayOptions extends ClientOptions {
  path?: string
  protocols?: string[]
  /** Whether a close by the server is a failure. Default true. */
  mustStay?: boolean
  /** Whether it is silent by itself. Default false. */
  isSilent?: boolean
  /** In place of the port. */
  unixSocket?: string | undefined
}

/**
 * Sends messages of every size and kind, cut anywhere, to `websocket-app`. Every answer, push and pong must come, in order, once, and the server must not close the
 * connection.
 */
export async function play(port: number, seed: number, options: PlayOptions = {}): Promise<Player> {
  const {
    path = '/',
    protocols = [],
    mustStay = true,
    isSilent = false,
    unixSocket,
    ...clientOptions
  } = options
  const random = randomOf(seed)
  const socket = unixSocket === undefined ? net.connect(port, '127.0.0.1') : net.connect(unixSocket)
  const written = cutWrites(socket, random)
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, {
    createConnection: () => socket,
    perMessageDeflate: false,
    ...clientOptions,
  })
  const waiting: (() => void)[] = []
  let messages = 0
  let pings = 0
  let pongs = 0
  let state: 'plays' | 'stops' | 'left' = 'plays'
  const wake = () => {
    for (const awake of waiting.splice(0)) awake()
  }
  const player: Player = {
    ws,
    versions: [],
    answers: 0,
    pushes: 0,
    others: [],
    failures: [],
    closed: null,
    until: async isSo => {
      while (!isSo() && player.failures.length === 0)
        await new Promise<void>(resolve => waiting.push(resolve))
    },
    answeredBy: version => player.until(() => player.versions.includes(version)),
    stop: async () => {
      if (state === 'plays') state = 'stops'
      await played
      if (ws.readyState === WebSocket.OPEN)
        await player.until(() => player.answers === messages && pongs === pings)
      state = 'left'
      ws.terminate()
    },
  }
  const fail = (why: string) => {
    if (state === 'left') return
    player.failures.push(`WebSocket ${seed}, after ${player.answers} answers: ${why}`)
    state = 'left'
    ws.terminate()
  }

  ws.on('message', data => {
    const text = String(data)
    const [kind, count, version = '', number] = text.split(' ')
    if (kind === 'answer') {
      player.answers += 1
      if (count !== String(player.answers) || number !== count) fail(`${text} in place of ${player.answers}`)
      if (!player.versions.includes(version)) player.versions.push(version)
    } else if (kind === 'push') {
      player.pushes += 1
      if (count !== String(player.pushes)) fail(`${text} in place of ${player.pushes}`)
    } else player.others.push(text)
    wake()
  })
  ws.on('pong', data => {
    pongs += 1
    if (String(data) !== String(pongs)) fail(`pong ${data} in place of ${pongs}`)
    wake()
  })
  ws.on('error', error => fail(error.message))
  ws.on('close', (code, reason) => {
    player.closed = code
    if (mustStay) fail(`closed with ${code} ${reason}`)
    state = 'left'
    wake()
  })
  await player.until(() => ws.readyState === WebSocket.OPEN)

  const say = async () => {
    messages += 1
    const text = `${messages} ${'.'.repeat(sizeOf(random))}`
    const parts = random(4) === 0 ? [text.slice(0, 3), text.slice(3, 9), text.slice(9)] : [text]
    for (const [at, part] of parts.entries()) {
      ws.send(part, { fin: at === parts.length - 1 })
      if (parts.length === 1 || random(2) === 0) continue
      pings += 1
      ws.ping(String(pings))
      await delay(random(10))
    }
  }
  const playAll = async () => {
    while (state === 'plays' && !isSilent) {
      await say()
      // On a busy host the pieces leave slower than messages are made.
      await written()
      await delay(random(60))
    }
  }
  const played = playAll()
  return player
}

/** Each form of length that a frame has. */
const sizeOf = (random: (below: number) => number) =>
  random(20) === 0 ? 66_000 + random(9_000) : random(5) === 0 ? 130 + random(2_000) : random(100)

/** Has what is written leave in pieces, with pauses in between. What is returned waits until all of it has. */
function cutWrites(socket: net.Socket, random: (below: number) => number): () => Promise<unknown> {
  const write = socket.write.bind(socket) as (chunk: Buffer) => boolean
  let last: Promise<unknown> = Promise.resolve()
  socket.write = ((chunk: Buffer | string, ...rest: unknown[]) => {
    const bytes = Buffer.from(chunk as string)
    const done = rest.find(given => typeof given === 'function') as (() => void) | undefined
    last = last.then(async () => {
      const cut = random(bytes.length)
      if (cut > 0) {
        write(bytes.subarray(0, cut))
        await delay(random(8))
      }
      if (!socket.destroyed) write(bytes.subarray(cut))
      done?.()
    })
    return true
  }) as typeof socket.write
  return () => last
}
