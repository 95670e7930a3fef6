import { STATUS_CODES } from 'node:http'
import { messageOf } from '../../errors.ts'
import type { ProbeRequest } from '../../rpc/health-contracts.ts'
import { type Answer, overHttp1 } from './exchange.ts'
import { overHttp2 } from './exchange-http2.ts'
import type { WayIn } from './way-in.ts'

/** `reason` follows what was sent: "GET /path was not answered …". */
export type Sent = { kind: 'answered'; answer: Answer } | { kind: 'unanswered'; reason: string }

export interface SendOptions {
  /** What `User-Agent` says: by it an application can leave these requests out of its own counts. */
  userAgent: string
  /** Milliseconds until the whole answer must be there. */
  timeoutMs: number
}

/** Sends one request, on a connection of its own. Never rejects. */
export async function send(
  { path, method = 'GET', headers = {}, body }: ProbeRequest,
  way: WayIn,
  { userAgent, timeoutMs }: SendOptions,
): Promise<Sent> {
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const outgoing = {
    path,
    method,
    headers: { host: way.target.host, 'user-agent': userAgent, ...Object.fromEntries(given) },
    body,
  }
  const exchange = way.target.protocol === 'http2' ? overHttp2 : overHttp1
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  let begun: string | null = null
  const onStatus = (status: number) => {
    begun = describeStatus(status)
  }
  try {
    return { kind: 'answered', answer: await exchange(way, outgoing, { signal: late.signal, onStatus }) }
  } catch (error) {
    const what = late.signal.aborted ? `within ${timeoutMs} ms` : `: ${failureIn(error)}`
    const reason =
      begun === null ? `was not answered ${what}` : `was answered with ${begun}, but not to its end ${what}`
    return { kind: 'unanswered', reason: reason.replace(' :', ':') }
  } finally {
    clearTimeout(timer)
  }
}

/** `503 Service Unavailable`. */
export const describeStatus = (status: number): string =>
  [status, STATUS_CODES[status]].filter(Boolean).join(' ')

/** That of a TLS handshake alone says little. */
function failureIn(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  const message = messageOf(error)
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}
