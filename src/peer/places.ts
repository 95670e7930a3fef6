import type net from 'node:net'
import type { InheritedEndpoint } from '../rpc/protocol.ts'
import type { ServerState } from './server-lifecycle.ts'

/** Which server stands on which endpoint, by the place of that among those that were declared: it is the same in every peer. */
export interface Places {
  /** `null` for a server on none. */
  endpointOf(server: net.Server): number | null
  /** Who accepts there. */
  serverOn(endpoint: number): net.Server | null
}

export function placesOf(
  servers: ReadonlyMap<net.Server, ServerState>,
  endpoints: readonly InheritedEndpoint[],
): Places {
  return {
    endpointOf: server => {
      const record = servers.get(server)
      const endpoint = record?.state === 'parked' ? record.before.endpoint : record?.endpoint
      return endpoint ? endpoints.indexOf(endpoint) : null
    },
    serverOn: place => {
      for (const [server, record] of servers)
        if (record.state === 'accepting' && record.endpoint === endpoints[place]) return server
      return null
    },
  }
}
