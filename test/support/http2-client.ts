import http2 from 'node:http2'

/** Streams as a careful client makes them, one session at a time. */
export interface Http2Client {
  /** Resolves to the whole body. Rejects when the stream failed, or may have been processed and was not answered. */
  get(path: string): Promise<string>
  /** Requests that went out once more, since the server is known not to have processed them. */
  sentAgain(): { unsent: number; refused: number }
  sessions(): number
  /** Sessions that ended with an error. */
  errors(): number
  close(): void
}

type End = { body: string } | 'unsent' | 'refused'

const { NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants

/**
 * Keeps one session until the server says GOAWAY, and opens the next one then. A stream that was never sent, or that lies above the last
 * one that GOAWAY names (Node.js ends it with `REFUSED_STREAM`), is sent again on that (RFC 9113, section 8.7).
 */
export function http2Client(url: string, options: http2.SecureClientSessionOptions = {}): Http2Client {
  const again = { unsent: 0, refused: 0 }
  let session: http2.ClientHttp2Session | null = null
  let opened = 0
  let errors = 0

  const current = () => {
    if (session === null || session.closed || session.destroyed) {
      session = http2.connect(url, options)
      // What it fails with, its streams fail with.
      session.on('error', () => {
        errors += 1
      })
      opened += 1
    }
    return session
  }
  const get = async (path: string): Promise<string> => {
    const end = await stream(current(), path)
    if (typeof end === 'object') return end.body
    again[end] += 1
    return get(path)
  }
  return {
    get,
    sentAgain: () => again,
    sessions: () => opened,
    errors: () => errors,
    close: () => session?.close(),
  }
}

function stream(session: http2.ClientHttp2Session, path: string): Promise<End> {
  return new Promise((resolve, reject) => {
    const request = session.request({ ':path': path })
    let status: number | undefined
    let body = ''
    let length: number | undefined
    request.on('response', headers => {
      status = headers[':status']
      length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
    })
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    // Node.js queues the frame; where GOAWAY is read before it is written, it is not sent at all.
    request.on('frameError', () => resolve('unsent'))
    request.on('error', error => {
      if (request.rstCode === NGHTTP2_REFUSED_STREAM) resolve('refused')
      else reject(error)
    })
    request.on('close', () => {
      if (request.rstCode === NGHTTP2_NO_ERROR && status === 200 && (length ?? body.length) === body.length)
        resolve({ body })
      else reject(new Error(`stream of ${path} ended with ${request.rstCode}, status ${status}`))
    })
  })
}
