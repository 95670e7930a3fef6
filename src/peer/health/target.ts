import type net from 'node:net'
import type { ProbeResult } from '../../rpc/health-contracts.ts'
import { endpointLabel, type InheritedEndpoint } from '../../rpc/protocol.ts'
import { speaksHttp1, speaksHttp2, speaksTls } from '../connections.ts'
import { findEndpoint, isAnyAddress } from '../endpoints.ts'
import type { ProbingParts } from './main.ts'

/** The server that is asked, and what it speaks. */
export interface Target {
  server: net.Server
  endpoint: InheritedEndpoint
  protocol: 'http1' | 'http2'
  isSecure: boolean
  /** What `Host` says. */
  host: string
  /** Of the Unix socket by which it is reached. */
  path: string
}

/** The server of the endpoint that `name` means, by default of the first; else why it cannot be asked. */
export function targetOf(
  name: string | undefined,
  { endpoints, servers, path }: ProbingParts,
): Target | { refused: ProbeResult } {
  const endpoint = name === undefined ? endpoints[0] : named(name, endpoints)
  if (!endpoint)
    return refusal(`cannot be sent: there is no endpoint ${name}, only ${endpoints.map(short).join(' and ')}`)
  const server = servers.get(endpoint)
  if (!server) {
    return refusal(
      `cannot be sent: node:cluster workers serve ${short(endpoint)}, and before the cutover they have no connection at all. ` +
        'Let the parent run several peers (--peers) in place of node:cluster, or check with a function',
    )
  }
  const protocol = speaksHttp2(server) ? 'http2' : speaksHttp1(server) ? 'http1' : null
  if (!protocol)
    return refusal(
      `cannot be sent: the server on ${short(endpoint)} does not speak HTTP. Check it with a function`,
    )
  const host = endpoint.kind === 'path' ? 'localhost' : `${hostOf(endpoint)}:${endpoint.port}`
  return { server, endpoint, protocol, isSecure: speaksTls(server), host, path }
}

const refusal = (reason: string) => ({ refused: { ok: false, reason, final: true } as const })

function named(name: string, endpoints: readonly InheritedEndpoint[]): InheritedEndpoint | undefined {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]:|([^:]+):)?(\d+)$/.exec(name) ?? []
  if (port === undefined) return findEndpoint(endpoints, { kind: 'path', path: name })
  return findEndpoint(endpoints, { kind: 'port', port: Number(port), host: bracketed ?? plain })
}

/** As it is given on a command line. */
const short = (endpoint: InheritedEndpoint) =>
  endpointLabel(endpoint.kind === 'tcp' && isAnyAddress(endpoint.host) ? { port: endpoint.port } : endpoint)

function hostOf({ host }: InheritedEndpoint & { kind: 'tcp' }): string {
  if (isAnyAddress(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
