import http2 from 'node:http2'
import { type Exchange, nameIn, readBody } from './exchange.ts'

export const overHttp2: Exchange = async (way, { path, method, headers, body }, { signal, onStatus }) => {
  const { host = way.target.host, ...others } = headers
  const scheme = way.target.isSecure ? 'https' : 'http'
  const session = http2.connect(`${scheme}://${host}`, { createConnection: () => way.connect(nameIn(host)) })
  const failed = Promise.withResolvers<never>()
  session.once('error', failed.reject)
  try {
    const pseudo = { ':path': path, ':method': method, ':authority': host, ':scheme': scheme }
    const stream = session.request({ ...others, ...pseudo }, { signal, endStream: body === undefined })
    stream.once('error', failed.reject)
    if (body !== undefined) stream.end(body)
    const answer = Promise.withResolvers<http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader>()
    stream.once('response', answer.resolve)
    const { ':status': status = 0, location = null } = await Promise.race([answer.promise, failed.promise])
    onStatus(status)
    return { status, location, body: await Promise.race([readBody(stream), failed.promise]) }
  } finally {
    session.destroy()
  }
}
