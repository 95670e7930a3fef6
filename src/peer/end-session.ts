import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Connection } from './connections.ts'

/** How long a client may take to acknowledge what it was sent last. */
const ACK_MS = 1_000
/** How long new streams wait for those before them to be answered. */
const HOLD_MS = 100

/** A peer that was parked drains once more: what has begun goes on. */
const ending = new WeakSet<Http2Session>()

/**
 * Ends an HTTP/2 session without losing a stream: names the last one that is served (GOAWAY, RFC 9113, section 6.8), at a moment
 * when none is on its way, and lets all of them finish. What a client sends in spite of that it knows not to have been processed.
 *
 * Node.js can say GOAWAY only once: after any, its nghttp2 ignores every new stream, also one below the number that it named, and
 * reads nothing more once no stream is open. So there is no announcing that the end comes, and the moment counts. It is when a client
 * has just asked something: that is kept from the application, and with it what comes behind it, until what was asked
 * before is answered and a PING has come back. A client that sends its next request when it has an answer now waits for one.
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
  const whenSeen = () => {
    if (session.closed || session.destroyed) return
    silence = setTimeout(end, ACK_MS)
    // Not at once where it cannot be sent: the time limit is for that, too.
    session.ping(error => void (error === null && end()))
  }
  session.emit = function (this: typeof session, event: string, ...args: unknown[]): boolean {
    if (event !== 'stream' || session.destroyed) return Reflect.apply(emit, this, [event, ...args])
    const give = () => Reflect.apply(emit, session, ['stream', ...args])
    if (held.push(hold(args[0] as ServerHttp2Stream, give)) === 1) {
      clearTimeout(silence)
      void answered([...streams.keys()]).then(whenSeen)
    }
    return true
  } as typeof session.emit
  silence = setTimeout(end, silenceMs)
  signal.addEventListener('abort', end, { once: true })
  session.once('close', end)
}

/**
 * Resolves when those streams have ended that no answer has begun on, or their time is up. An answer that has begun ends
 * in the same moment, or is a long one that nobody can wait for.
 */
function answered(streams: readonly ServerHttp2Stream[]): Promise<void> {
  const owed = streams.filter(stream => !stream.headersSent && !stream.destroyed)
  const ended = Promise.all(owed.map(stream => new Promise<void>(resolve => stream.once('close', resolve))))
  const { promise, resolve } = Promise.withResolvers<void>()
  const limit = setTimeout(resolve, HOLD_MS)
  void ended.then(() => resolve())
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
