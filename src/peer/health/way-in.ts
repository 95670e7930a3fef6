import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { markProbe } from '../probe-mark.ts'
import type { Target } from './target.ts'

/** Bytes of a Unix socket's path, without its final NUL (unix(7); macOS has four fewer). */
const MAX_PATH = process.platform === 'linux' ? 107 : 103

/** A private way to a server of this process, past the public's. */
export interface WayIn extends AsyncDisposable {
  target: Target
  /** `servername`: what a TLS server chooses its certificate by. */
  connect(servername: string | undefined): net.Socket
}

/**
 * Listens on a Unix socket in a folder of its user's alone, and gives each connection on it to the server, as if that had
 * accepted it. Nothing of it is left when it is disposed of.
 */
export async function openWayIn(target: Target): Promise<WayIn> {
  const { path, remove } = placeFor(target.path)
  const { server, endpoint, isSecure } = target
  const open = new Set<net.Socket>()
  const keep = (socket: net.Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    return socket
  }
  const clients = new Set<tls.TLSSocket>()
  const recognise = (socket: tls.TLSSocket) => {
    // Nothing public leads from here to the socket below. What both ends of one handshake know is the same for no other.
    const finished = socket.getPeerFinished()
    for (const client of clients) {
      if (!finished || !client.getFinished()?.equals(finished)) continue
      markProbe(socket)
      disguise(socket, endpoint)
    }
  }

  const listener = net.createServer({ allowHalfOpen: true }, socket => {
    markProbe(keep(socket))
    disguise(socket, endpoint)
    server.emit('connection', socket)
  })
  // A process with this name that was killed has left it there.
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  if (isSecure) server.prependListener('secureConnection', recognise)

  return {
    target,
    connect: servername => {
      if (!isSecure) return keep(net.connect(path))
      const client = tls.connect({
        path,
        // It is this very process that answers.
        rejectUnauthorized: false,
        ALPNProtocols: [target.protocol === 'http2' ? 'h2' : 'http/1.1'],
        ...(servername !== undefined && { servername }),
      })
      clients.add(client)
      client.once('close', () => clients.delete(client))
      return keep(client)
    },
    [Symbol.asyncDispose]: async () => {
      server.off('secureConnection', recognise)
      for (const socket of open) socket.destroy()
      await new Promise(resolve => listener.close(resolve))
      remove()
    },
  }
}

/** Where it can stand: in the state folder, or, where that has too long a path, in a folder of its own for a while. */
function placeFor(path: string): { path: string; remove(): void } {
  if (Buffer.byteLength(path) <= MAX_PATH) return { path, remove: () => rmSync(path, { force: true }) }
  const folder = mkdtempSync(join(tmpdir(), 'beam-deploy-'))
  return { path: join(folder, 'probe'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A Unix socket has no addresses, and what an application does with those of its clients (limits, logs) must not fail. */
function disguise(socket: net.Socket, endpoint: Target['endpoint']): void {
  if (endpoint.kind === 'path') return
  Object.defineProperties(socket, {
    remoteAddress: { value: '127.0.0.1' },
    remoteFamily: { value: 'IPv4' },
    remotePort: { value: 0 },
    localAddress: { value: '127.0.0.1' },
    localFamily: { value: 'IPv4' },
    localPort: { value: endpoint.port },
  })
}
