import type { PackedText } from './hot-contracts.ts'

/** What goes with a socket on its way from one peer over the parent to another: who is to take it there, and what that one has to know. */
export interface TransferNote {
  /** By what a peer finds who takes it. */
  kind: string
  /** Index of the endpoint that it was accepted on. */
  endpoint?: number
  /** A value of the application. */
  meta?: PackedText
  /** Base64: what was read from it already, and comes first for whoever takes it. */
  head?: string
}

/** What became of it. */
export type TransferOutcome = { taken: true } | { taken: false; reason: string }

export const refused = (reason: string): TransferOutcome => ({ taken: false, reason })

/** A message that comes with a socket. */
export interface Transfer {
  /** Counted by the sender, from 1, in the order in which they are sent. */
  id: number
  note: TransferNote
}

/** What both ends of an IPC channel offer each other for the sockets on their way. Told, never called. */
export interface TransferFunctions {
  transferEnded(id: number, outcome: TransferOutcome): void
  /** Its end is late: has it come at all? */
  transferAwaited(id: number): void
}
