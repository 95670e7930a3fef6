import { resolve } from 'node:path'
import { endpointLabel, type InheritedEndpoint } from '../rpc/protocol.ts'
import type { ListenTarget } from './listen-arguments.ts'

const ANY_ADDRESS = new Set(['0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0'])

export const isAnyAddress = (host: string): boolean => ANY_ADDRESS.has(host)

/** The declared endpoint that a `listen` means, or `undefined` where it means none. */
export function findEndpoint<E extends InheritedEndpoint>(
  endpoints: readonly E[],
  target: ListenTarget,
): E | undefined {
  if (target.kind === 'path') {
    // `node:cluster` makes it relative where that is shorter.
    const path = resolve(target.path)
    return endpoints.find(e => e.kind === 'path' && e.path === path)
  }
  if (target.kind !== 'port' || target.port === 0) return undefined
  const onPort = endpoints.filter(e => e.kind === 'tcp' && e.port === target.port)
  // One endpoint a port is the rule: then the declaration decides the address, not the application.
  return onPort.length > 1 ? (onPort.find(e => sameHost(e, target.host)) ?? onPort[0]) : onPort[0]
}

/**
 * What to say when an application asks for less than what its endpoint is open to: the port was meant for
 * one address, and the declaration opens it on all. `undefined` where there is nothing to say.
 */
export function narrowerHostWarning(endpoint: InheritedEndpoint, target: ListenTarget): string | undefined {
  if (endpoint.kind !== 'tcp' || target.kind !== 'port' || target.host === undefined) return undefined
  if (!ANY_ADDRESS.has(endpoint.host) || ANY_ADDRESS.has(target.host)) return undefined
  return (
    `the application asks for ${endpointLabel({ port: target.port, host: target.host })}, but the parent holds ` +
    `${endpointLabel(endpoint)}, open on every address; start with --host ${target.host} to narrow it`
  )
}

function sameHost(endpoint: InheritedEndpoint, host: string | undefined): boolean {
  if (endpoint.kind !== 'tcp') return false
  if (host === undefined) return ANY_ADDRESS.has(endpoint.host)
  if (host === 'localhost') return endpoint.host === '127.0.0.1' || endpoint.host === '::1'
  return endpoint.host === host || (ANY_ADDRESS.has(host) && ANY_ADDRESS.has(endpoint.host))
}
