import type net from 'node:net'
import { messageOf } from '../errors.ts'
import { holdReading, withoutServer } from './hold-reading.ts'
import {
  refused,
  type Transfer,
  type TransferFunctions,
  type TransferNote,
  type TransferOutcome,
} from './transfer.ts'

/** One end of an IPC channel, for sockets that move. */
export interface Transfers {
  /**
   * Sends a socket that nothing is read from (`holdReading`), and keeps it open. Resolves to what the other process says of it; rejects when that
   * one ends while it has it.
   */
  send(socket: net.Socket, note: TransferNote): Promise<TransferOutcome>
  /** A socket has come; `undefined` where the sender had lost it by then. */
  received(transfer: Transfer, socket: net.Socket | undefined): void
  functions: TransferFunctions
  /** The other process is gone. */
  close(reason: string): void
}

/** As birpc has them. */
export type TransferRemote = {
  [Name in keyof TransferFunctions]: { asEvent(...args: Parameters<TransferFunctions[Name]>): Promise<void> }
}

export interface TransferEnds {
  /** Sends a message with a socket which stays open here. Resolves when it is written. */
  post(transfer: Transfer, socket: net.Socket): Promise<void>
  /** The other end. */
  remote(): TransferRemote
  /** Decides on a socket that has come. Nothing is read from it until the answer is written, so that a refused one can go on where it was. */
  take(socket: net.Socket, note: TransferNote): Promise<TransferOutcome>
}

/** How many are on their way at once: whatever else is to be told waits behind them. */
const UNDER_WAY = 16

/** Milliseconds after which it is asked whether a socket has come. */
const LATE_MS = 1_000

interface Underway {
  ended(outcome: TransferOutcome): void
  lost(reason: string): void
}

export function createTransfers({ post, remote, take }: TransferEnds): Transfers {
  const underway = new Map<number, Underway>()
  const waiting: (() => void)[] = []
  let count = 0
  let closed: string | null = null
  /** The last that has come. */
  let last = 0

  function begin(
    socket: net.Socket,
    note: TransferNote,
    outcome: PromiseWithResolvers<TransferOutcome>,
  ): void {
    const unsendable = closed ?? (socket.destroyed ? 'it was closed' : null)
    if (unsendable !== null) {
      outcome.resolve(refused(unsendable))
      return
    }
    count += 1
    const id = count
    const late = setTimeout(() => void remote().transferAwaited.asEvent(id).catch(gone), LATE_MS)
    const finish = () => {
      clearTimeout(late)
      underway.delete(id)
      fill()
    }
    const ended = (what: TransferOutcome) => {
      outcome.resolve(what)
      finish()
    }
    const lost = (reason: string) => {
      outcome.reject(new Error(reason))
      finish()
    }
    underway.set(id, { ended, lost })
    post({ id, note }, withoutServer(socket)).catch(error => ended(refused(messageOf(error))))
  }

  function fill(): void {
    while (underway.size < UNDER_WAY) {
      const start = waiting.shift()
      if (!start) return
      start()
    }
  }

  /**
   * They come in their order. What has not was lost where this process had no descriptor left for it: Node.js tells its counterpart of that,
   * which sends again only what it has closed.
   */
  function missing(upTo: number): void {
    for (; last < upTo; last += 1) refuse(last + 1, 'the other process has no descriptor left')
  }

  function refuse(id: number, reason: string): void {
    remote().transferEnded.asEvent(id, refused(reason)).catch(gone)
  }

  async function answer({ id, note }: Transfer, socket: net.Socket): Promise<void> {
    const goOn = holdReading(socket)
    const failed = () => undefined
    socket.on('error', failed)
    let outcome: TransferOutcome
    try {
      outcome = await take(socket, withEarly(socket, note))
    } catch (error) {
      outcome = refused(messageOf(error))
    }
    let told = false
    try {
      await remote().transferEnded.asEvent(id, outcome)
      told = true
    } finally {
      if (told && outcome.taken) goOn()
      else socket.destroy()
      socket.off('error', failed)
    }
  }

  return {
    send: (socket, note) => {
      const outcome = Promise.withResolvers<TransferOutcome>()
      waiting.push(() => begin(socket, note, outcome))
      fill()
      return outcome.promise
    },
    received: (transfer, socket) => {
      missing(transfer.id - 1)
      last = transfer.id
      if (socket) void answer(transfer, socket).catch(gone)
      else refuse(transfer.id, 'it was closed on its way')
    },
    functions: {
      transferEnded: (id, outcome) => underway.get(id)?.ended(outcome),
      transferAwaited: missing,
    },
    close: reason => {
      closed = reason
      for (const { lost } of underway.values()) lost(reason)
    },
  }
}

/** The other process has ended, which is heard of elsewhere. */
const gone = () => undefined

/** What Node.js has read before reading could be held comes behind what the sender had read. It never does; nothing may be lost where it would. */
function withEarly(socket: net.Socket, note: TransferNote): TransferNote {
  const early = socket.readableLength > 0 ? (socket.read() as Buffer | null) : null
  if (!early) return note
  return { ...note, head: Buffer.concat([Buffer.from(note.head ?? '', 'base64'), early]).toString('base64') }
}
