import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import { now } from '../clock.ts'
import type { Connection } from './connections.ts'

/** How long a client may take to acknowledge what it was sent last. */
const ACK_MS = 1_000
/** How long new streams wait for those before them to be answered. */
const HOLD_MS = 250
/** A stream that is older is none of those: a download, server-sent events, an answer that takes its time. */
const LONG_MS = 1_000

type Streams = (Connection & { kind: 'http2' })['streams']

/** A peer that was parked drains once more: what has begun goes on. */
const ending = new WeakSet<Http2Session>()

/**
 * Ends an HTTP/2 session without losing a stream: names the last one that is served (GOAWAY, RFC 9113, section 6.8), at a moment
 * when none is on its way, and lets all of them finish. What a client sends in spite of that it knows not to have been processed.
 *
 * Node.js can say GOAWAY only once: after any, its nghttp2 ignores every new stream, also one below the number that it named, and
 * reads nothing more once no stream is open. So there is no announcing that the end comes, and the moment counts. It is when a client
 * has just asked something: that is kept from the application, and with it what comes behind it, until what was asked
 * before is answered and nothing is on its way any more, which PINGs tell. A client that sends its next request when it has an answer now waits for one.
 * A session on which nothing comes for `silenceMs`, and any when `signal` is aborted, is ended as it is.
 */
export function endSession(
  { session, streams }: Connection & { kind: 'http2' },
  { silenceMs, signal }: { silenceMs: number; signal: AbortSignal },
): void {
  if (session.closed || session.destroyed || ending.has(session)) return
  ending.add(session)
  const held: HeldStream[] = []
  const { emit } = session
  let silence: NodeJS.Timeout | undefined

  const end = () => {
    clearTimeout(silence)
    signal.removeEventListener('abort', end)
    session.emit = emit
    // Before any answer, which a client may answer with its next request.
    if (!session.closed && !session.destroyed) session.close()
    for (const { release } of held.splice(0)) release()
  }
  session.emit = function (this: typeof session, event: string, ...args: unknown[]): boolean {
    if (event !== 'stream' || session.destroyed) return Reflect.apply(emit, this, [event, ...args])
    const give = () => Reflect.apply(emit, session, ['stream', ...args])
    if (held.push(hold(args[0] as ServerHttp2Stream, give)) === 1) {
      clearTimeout(silence)
      void answered(streams)
        .then(() => acknowledged(session))
        // Once more: a PING is answered before requests that were to be sent at the same time, those after the answers just given.
        .then(() => acknowledged(session))
        .then(end)
    }
    return true
  } as typeof session.emit
  silence = setTimeout(end, silenceMs)
  signal.addEventListener('abort', end, { once: true })
  session.once('close', end)
}

/** Resolves when the streams that are answered at present have ended, or their time is up. What has been open for long is not waited for. */
function answered(streams: Streams): Promise<void> {
  const owed = [...streams].filter(([, { since }]) => now() - since < LONG_MS)
  const ended = Promise.all(
    owed.map(([stream]) => new Promise<void>(resolve => stream.once('close', resolve))),
  )
  const { promise, resolve } = Promise.withResolvers<void>()
  const limit = setTimeout(resolve, HOLD_MS)
  void ended.then(() => resolve())
  return promise.finally(() => clearTimeout(limit))
}

/** Resolves when the client has answered a PING, which it does when it has read what was sent before; after {@link ACK_MS} in any case. */
function acknowledged(session: Http2Session): Promise<void> {
  if (session.closed || session.destroyed) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const limit = setTimeout(resolve, ACK_MS)
  // Where it cannot be sent, the limit is what is waited for.
  session.ping(error => void (error === null && resolve()))
  return promise.finally(() => clearTimeout(limit))
}

interface HeldStream {
  /** Gives it to the application, unless the client has taken it back. */
  release(): void
}

/** Keeps a stream, and what is told of it only once, until the application has it. */
function hold(stream: ServerHttp2Stream, give: () => void): HeldStream {
  let trailers: unknown[] | null = null
  const keepTrailers = (...args: unknown[]) => {
    trailers = args
  }
  // A client that resets it would otherwise end this process: nobody listens yet.
  const ignore = () => undefined
  stream.once('trailers', keepTrailers)
  stream.on('error', ignore)
  return {
    release: () => {
      stream.removeListener('trailers', keepTrailers)
      if (stream.destroyed) return
      give()
      stream.removeListener('error', ignore)
      if (trailers) stream.emit('trailers', ...(trailers as Parameters<typeof keepTrailers>))
    },
  }
}
