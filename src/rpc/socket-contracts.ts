import type { Socket } from 'node:net'
import type { PackedText } from './hot-contracts.ts'
import type { TransferOutcome } from './transfer.ts'

/** What goes with a socket to another peer. */
export interface SocketNote {
  /** Who takes it there. */
  kind: string
  meta: PackedText
  /** Base64: what was read from it already. */
  head?: string
}

/** The sockets of the application that leave this peer and come to it. */
export interface PeerSockets {
  /**
   * Sends a socket to the peer that takes the place of this one. Taken, nothing of what becomes of it is heard here any more; refused, it is as it was.
   */
  send(socket: Socket, note: SocketNote): Promise<TransferOutcome>
  /**
   * Who takes the sockets of a kind; the last call counts. Nothing is read from a socket before `take` has resolved; what it throws refuses it.
   *
   * @param as how the connection counts: one that drains waits for `raw` ones, and leaves `upgraded` ones to the application's own stop.
   */
  receive(
    kind: string,
    as: 'raw' | 'upgraded',
    take: (socket: Socket, meta: PackedText) => Promise<void>,
  ): void
}
