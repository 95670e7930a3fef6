import type { PeerSockets } from '../rpc/socket-contracts.ts'
import type { Connections } from './connections.ts'
import { countAsAccepted } from './count-as-accepted.ts'
import type { Places } from './places.ts'
import type { PeerTransfers } from './transfer.ts'

/** The sockets that the application itself moves, on the account of this peer's connections. */
export function createPeerSockets(
  transfers: Pick<PeerTransfers, 'sendSocket' | 'onTransfer'>,
  connections: Connections,
  places: Places,
): PeerSockets {
  return {
    send: async (socket, note) => {
      const server = connections.serverOf(socket)
      const endpoint = server && places.endpointOf(server)
      const outcome = await transfers.sendSocket(socket, { ...note, ...(endpoint !== null && { endpoint }) })
      if (outcome.taken) {
        connections.forget(socket)
        // This process's copy is about to close; the connection is not.
        socket.removeAllListeners()
        socket.on('error', () => undefined)
      }
      return outcome
    },
    receive: (kind, as, take) =>
      transfers.onTransfer(kind, async (socket, { endpoint, meta }) => {
        const server = endpoint === undefined ? null : places.serverOn(endpoint)
        if (server) countAsAccepted(server, socket)
        connections.adopt(as, server, socket)
        await take(socket, meta ?? [])
      }),
  }
}
