import type net from 'node:net'
import { holdReading } from '../rpc/hold-reading.ts'
import { refused, type TransferNote, type TransferOutcome } from '../rpc/transfer.ts'
import { createTransfers, type TransferRemote, type Transfers } from '../rpc/transfers.ts'
import type { Channel } from './channel.ts'
import { stayAlive } from './stay-alive.ts'

/** Takes a socket that has come. It is this process's when the promise resolves, and nothing is read from it before; a rejection refuses it. */
export type TransferHandler = (socket: net.Socket, note: TransferNote) => Promise<void>

export interface PeerTransfers extends Pick<Transfers, 'functions' | 'close'> {
  /**
   * Sends a socket to the peer that serves in this one's place. From this call on nothing is read from it here. Taken, it is closed here, which the
   * client does not notice; refused, it is read on. Where the parent ends meanwhile nobody knows who has it: it is closed then, too.
   */
  sendSocket(socket: net.Socket, note: TransferNote): Promise<TransferOutcome>
  /** Who takes the sockets of a kind; the last call counts. */
  onTransfer(kind: string, handler: TransferHandler): void
}

/** The sockets that come to this peer and leave it. */
export function peerTransfers(channel: Channel, parent: () => TransferRemote): PeerTransfers {
  const handlers = new Map<string, TransferHandler>()
  const transfers = createTransfers({
    post: channel.sendSocket,
    remote: parent,
    take: async (socket, note) => {
      const handler = handlers.get(note.kind)
      if (!handler) return refused(`nobody takes sockets of kind ${note.kind} here`)
      if (note.head !== undefined) socket.unshift(Buffer.from(note.head, 'base64'))
      await handler(socket, note)
      return { taken: true }
    },
  })
  channel.receiveSocket(transfers.received)
  return {
    functions: transfers.functions,
    close: transfers.close,
    onTransfer: (kind, handler) => void handlers.set(kind, handler),
    sendSocket: async (socket, note) => {
      const readOn = holdReading(socket)
      // A socket that is not read from keeps no process alive, nor does the way to the parent.
      using _alive = stayAlive()
      try {
        const outcome = await transfers.send(socket, note)
        if (outcome.taken) socket.destroy()
        return outcome
      } catch {
        socket.destroy()
        return refused('the parent has ended; nobody knows who has it')
      } finally {
        readOn()
      }
    },
  }
}
