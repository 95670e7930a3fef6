import type { Http2Session } from 'node:http2'

/** How long a client may take to acknowledge that no new stream is welcome. */
const GOAWAY_ACK_MS = 1_000
/** The highest stream id: "more streams may be on their way, they will be served" (RFC 9113, section 6.8). */
const LAST_STREAM_ID = 2 ** 31 - 1

/**
 * Ends an HTTP/2 session without refusing a stream: says that it ends while still taking what is on its way; once
 * the client has seen that (it answered a PING sent behind it), names the last stream and lets all of them finish.
 *
 * Node.js reads no more from a session that has sent GOAWAY and has no open stream, so what is on its way would be
 * lost. That is why this waits for the next stream, and keeps it and those behind it from the application until
 * the client has answered. A session on which none comes for `silenceMs` is closed.
 */
export function endSession(session: Http2Session, silenceMs: number): void {
  if (session.closed || session.destroyed) return
  const held: unknown[][] = []
  const { emit } = session

  const close = () => {
    if (!session.closed && !session.destroyed) session.close()
  }
  const silence = setTimeout(close, silenceMs)
  session.once('close', () => clearTimeout(silence))

  const release = () => {
    session.emit = emit
    for (const args of held.splice(0)) Reflect.apply(emit, session, ['stream', ...args])
    close()
  }
  const announce = () => {
    clearTimeout(silence)
    session.goaway(0, LAST_STREAM_ID)
    const timer = setTimeout(release, GOAWAY_ACK_MS)
    session.ping(() => {
      clearTimeout(timer)
      release()
    })
  }
  session.emit = function (this: Http2Session, event: string, ...args: unknown[]): boolean {
    if (event !== 'stream' || session.destroyed) return Reflect.apply(emit, this, [event, ...args])
    if (held.push(args) === 1) announce()
    return true
  } as typeof session.emit
}
