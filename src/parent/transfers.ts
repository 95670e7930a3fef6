import type { ChildProcess } from 'node:child_process'
import type net from 'node:net'
import { isTransfer, transferEnvelope } from '../rpc/ipc.ts'
import { refused, type TransferNote, type TransferOutcome } from '../rpc/transfer.ts'
import { createTransfers, type TransferRemote, type Transfers } from '../rpc/transfers.ts'
import type { Generations } from './generations.ts'

/** Passes a socket on to where it belongs now. */
export type Forward = (socket: net.Socket, note: TransferNote) => Promise<TransferOutcome>

/** The sockets that come from one peer, and go to it. Those that are on their way are open in here for that time, and never read from. */
export function transfersOf(child: ChildProcess, remote: TransferRemote, forward: Forward): Transfers {
  const transfers = createTransfers({
    remote: () => remote,
    post: (transfer, socket) =>
      new Promise((resolve, reject) => {
        child.send(transferEnvelope(transfer), socket, { keepOpen: true }, error =>
          error ? reject(error) : resolve(),
        )
      }),
    take: async (socket, note) => {
      try {
        return await forward(socket, note)
      } finally {
        socket.destroy()
      }
    },
  })
  child.on('message', (message, socket) => {
    if (isTransfer(message)) transfers.received(message.transfer, socket as net.Socket | undefined)
  })
  return transfers
}

/** To the peer that serves in the same slot by now: looked up for each, since a generation may be replaced, or come back, meanwhile. */
export function forwardTo(
  generations: () => Generations,
  from: { generation: number; slot: number },
): Forward {
  return async (socket, note) => {
    const { active } = generations()
    const peer = active?.number === from.generation ? null : active?.peerIn(from.slot)
    if (peer?.state.state !== 'serving') return refused('no other peer serves in this slot')
    return peer.transfers.send(socket, note)
  }
}
