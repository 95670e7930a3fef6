import http from 'node:http'
import type { Readable } from 'node:stream'
import type { WayIn } from './way-in.ts'

/** A request as it is sent; the names of headers are in lower case. */
export interface Outgoing {
  path: string
  method: string
  headers: Record<string, string>
  body: string | undefined
}

export interface Answer {
  status: number
  /** Where it was redirected to. */
  location: string | null
  body: string
}

/** How a request is sent in one protocol. `onStatus` is told of the answer's beginning; rejects when it does not come to its end. */
export type Exchange = (
  way: WayIn,
  outgoing: Outgoing,
  options: { signal: AbortSignal; onStatus(status: number): void },
) => Promise<Answer>

/** Bytes of a body that are kept: what is looked for in it stands near its beginning. */
const MAX_BODY = 1024 * 1024

export const overHttp1: Exchange = (way, { path, method, headers, body }, { signal, onStatus }) =>
  new Promise((resolve, reject) => {
    const request = http.request({
      createConnection: () => way.connect(nameIn(headers.host)),
      path,
      method,
      headers,
      signal,
    })
    request.once('error', reject)
    request.once('response', response => {
      const { statusCode: status = 0, headers } = response
      onStatus(status)
      readBody(response).then(
        text => resolve({ status, location: headers.location ?? null, body: text }),
        reject,
      )
    })
    request.end(body)
  })

/** The text of `stream`, or as much of it as is looked at. */
export async function readBody(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= MAX_BODY) break
  }
  return Buffer.concat(chunks).toString()
}

/** What a TLS client calls the server that it means: no address may stand there. */
export function nameIn(host: string | undefined): string | undefined {
  const name = host?.replace(/:\d+$/, '')
  return name === undefined || /^[\d.]+$|:/.test(name) ? undefined : name
}
