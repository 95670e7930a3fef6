import { lstatSync, unlinkSync } from 'node:fs'
import net from 'node:net'
import { resolve } from 'node:path'
import { now, pause } from '../clock.ts'
import type { EndpointSpec } from '../endpoint-spec.ts'
import { BeamDeployError, messageOf } from '../errors.ts'
import { endpointLabel, type InheritedEndpoint } from '../rpc/protocol.ts'

/**
 * An address that the parent holds for its whole life. One bound socket a slot: slot i of every generation inherits
 * socket i, so that the queue of waiting connections outlives every peer.
 */
export interface Endpoint {
  label: string
  /** The descriptor that the peer of `slot` is given. */
  fd(slot: number): number
  /** What that peer is told, `fd` being the number by which it knows the descriptor. */
  describe(fd: number): InheritedEndpoint
  close(): void
}

export interface BindOptions {
  /** How many slots share each endpoint. */
  slots: number
  /** How long to retry while the address is taken; peers of a parent that died may need a moment to let go. */
  retryMs: number
}

const RETRY_INTERVAL_MS = 50

/** Binds every endpoint, or none: a failure closes what was bound and rejects with `endpoint_unavailable`. */
export async function bindEndpoints(
  specs: readonly EndpointSpec[],
  options: BindOptions,
): Promise<Endpoint[]> {
  const bound: Endpoint[] = []
  try {
    for (const spec of specs) bound.push(await bindPatiently(spec, options))
    return bound
  } catch (cause) {
    for (const endpoint of bound) endpoint.close()
    throw cause
  }
}

async function bindPatiently(spec: EndpointSpec, { slots, retryMs }: BindOptions): Promise<Endpoint> {
  const giveUpAt = now() + retryMs
  for (;;) {
    try {
      return 'path' in spec ? await bindPath(spec.path) : await bindTcp(spec, slots)
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && now() < giveUpAt) {
        await pause(RETRY_INTERVAL_MS)
        continue
      }
      throw unavailable(spec, cause)
    }
  }
}

async function bindTcp({ port, host }: { port: number; host?: string }, slots: number): Promise<Endpoint> {
  const address = host === undefined || net.isIP(host) ? host : await addressOf(host)
  const first = address === undefined ? bindAnyAddress(port) : new net.BoundSocket({ port, host: address })
  const { port: actual, address: actualHost, family } = first.address()
  const sockets = slots === 1 ? [first] : shareAmong(slots, first)
  return {
    label: host === undefined ? String(actual) : endpointLabel({ port: actual, host }),
    fd: slot => socketOf(sockets, slot).fd(),
    describe: fd => ({ kind: 'tcp', fd, host: actualHost, port: actual, family: family as 'IPv4' | 'IPv6' }),
    close: () => {
      for (const socket of sockets) socket.close()
    },
  }
}

async function addressOf(host: string): Promise<string> {
  const { lookup } = await import('node:dns/promises')
  return (await lookup(host)).address
}

/** As `server.listen(port)` does: every IPv6 and IPv4 address, or IPv4 alone where the host has no IPv6. */
function bindAnyAddress(port: number): net.BoundSocket {
  try {
    return new net.BoundSocket({ port, host: '::' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EAFNOSUPPORT' && code !== 'EINVAL' && code !== 'EADDRNOTAVAIL') throw error
    return new net.BoundSocket({ port, host: '0.0.0.0' })
  }
}

/**
 * A group of sockets among which the kernel balances. The first bind was exclusive: it has shown that the port is
 * nobody else's, which binding with `reusePort` alone would not.
 */
function shareAmong(slots: number, exclusive: net.BoundSocket): net.BoundSocket[] {
  const { port, address: host } = exclusive.address()
  exclusive.close()
  return Array.from({ length: slots }, () => new net.BoundSocket({ port, host, reusePort: true }))
}

/** All slots share one socket: there is no `SO_REUSEPORT` for Unix sockets. */
async function bindPath(path: string): Promise<Endpoint> {
  if (!('isPipe' in net.BoundSocket.prototype)) {
    throw new Error(`Node.js ${process.version} cannot hold Unix sockets; 24.21 and 26.4 can`)
  }
  await removeStaleSocket(path)
  const BoundPath = net.BoundSocket as unknown as new (options: { path: string }) => net.BoundSocket
  const socket = new BoundPath({ path })
  return {
    label: path,
    fd: () => socket.fd(),
    // The peer has another working directory.
    describe: fd => ({ kind: 'path', fd, path: resolve(path) }),
    // The file goes with it.
    close: () => socket.close(),
  }
}

/** Removes the socket file of a process that is gone; one that answers stays, and so does what is no socket: the bind will say so. */
export async function removeStaleSocket(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const socket = net.connect(path, () => resolve(undefined))
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  const code = await promise
  socket.destroy()
  if (code === 'ECONNREFUSED' && lstatSync(path).isSocket()) unlinkSync(path)
}

function socketOf(sockets: net.BoundSocket[], slot: number): net.BoundSocket {
  const socket = sockets[slot]
  if (!socket) throw new RangeError(`no socket for slot ${slot}`)
  return socket
}

const REASONS: Record<'port' | 'path', Record<string, string>> = {
  port: { EADDRINUSE: 'another process has it', EACCES: 'permission denied' },
  path: {
    EADDRINUSE: 'another process has it, or something else has that name',
    EACCES: 'its folder is not there, or may not be written',
    EINVAL: 'its path is too long for a socket',
  },
}

function unavailable(spec: EndpointSpec, cause: unknown): BeamDeployError {
  const { code } = cause as NodeJS.ErrnoException
  const reason = (code !== undefined && REASONS['path' in spec ? 'path' : 'port'][code]) || messageOf(cause)
  return new BeamDeployError(
    'endpoint_unavailable',
    `cannot hold ${endpointLabel(spec)}: ${reason}. Free it, or declare another with --port or --path.`,
    { phase: 'configure', cause },
  )
}
