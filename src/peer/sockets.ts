import type { PeerSockets } from '../rpc/socket-contracts.ts'
import type { Connections } from './connections.ts'
import type { PeerTransfers } from './transfer.ts'

/** The sockets that the application itself moves, on the account of this peer's connections. */
export function createPeerSockets(
  transfers: Pick<PeerTransfers, 'sendSocket' | 'onTransfer'>,
  connections: Connections,
): PeerSockets {
  return {
    send: async (socket, note) => {
      const outcome = await transfers.sendSocket(socket, note)
      if (outcome.taken) {
        connections.forget(socket)
        // This process's copy is about to close; the connection is not.
        socket.removeAllListeners()
        socket.on('error', () => undefined)
      }
      return outcome
    },
    receive: (kind, as, take) =>
      transfers.onTransfer(kind, async (socket, { meta }) => {
        connections.adopt(as, socket)
        await take(socket, meta ?? [])
      }),
  }
}
