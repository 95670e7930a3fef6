import type { ChildProcess } from 'node:child_process'
import type net from 'node:net'
import { messageOf } from '../errors.ts'
import { isTransfer, transferEnvelope } from '../rpc/ipc.ts'
import { refused, type TransferNote, type TransferOutcome } from '../rpc/transfer.ts'
import { createTransfers, type TransferRemote, type Transfers } from '../rpc/transfers.ts'
import type { Generations } from './generations.ts'
import type { PeerProcess } from './peer-types.ts'

/** Passes a socket on to where it belongs now. */
export type Forward = (socket: net.Socket, note: TransferNote) => Promise<TransferOutcome>

/** The sockets that come from one peer, and go to it. Those that are on their way are open in here for that time, and never read from. */
export function transfersOf(child: ChildProcess, remote: () => TransferRemote, forward: Forward): Transfers {
  const transfers = createTransfers({
    remote,
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

/**
 * To the peer that serves in the same slot by now: looked up for each, since a generation may be replaced, or come back, meanwhile. One that does not
 * take it since it is replaced itself is not asked again.
 */
export function forwardTo(
  generations: () => Generations,
  from: { generation: number; slot: number },
): Forward {
  const find = () => {
    const { active } = generations()
    const peer = active?.number === from.generation ? null : active?.peerIn(from.slot)
    return peer?.state.state === 'serving' ? peer : null
  }
  return async (socket, note) => {
    let asked: PeerProcess | null = null
    let outcome = refused('no other peer serves in this slot')
    for (let peer = find(); peer && peer !== asked; peer = find()) {
      asked = peer
      try {
        outcome = await peer.transfers.send(socket, note)
      } catch (error) {
        outcome = refused(messageOf(error))
      }
      if (outcome.taken) break
    }
    return outcome
  }
}
