import type { ReleaseSummary } from './contracts.ts'
import type { EncodedError } from './errors.ts'
import type { Packed } from './packed.ts'

/** Names of exposed functions that begin with it are ours, and not the application's. */
export const RESERVED = 'beam-deploy:'

/** A peer as other processes know it. */
export interface PeerInfo {
  /** `<generation>.<slot>`. A process that replaces a crashed one has the same. */
  id: string
  /** Process id. */
  pid: number
  /** Counted from 1, which is the first that the parent started. */
  generation: number
  /** Counted from 0, up to the number of peers. */
  slot: number
  /** What it runs. */
  release: ReleaseSummary
}

/** The peers that one process can want to speak to; `null` where there is none now. */
export interface Relatives {
  /** Serves, in slot 0. */
  active: PeerInfo | null
  /** Replaces the one that asks; asked by the parent, the active one. */
  incoming: PeerInfo | null
  /** Is replaced by the one that asks; asked by the parent, the last that served and has not ended. */
  outgoing: PeerInfo | null
}

export type HandoffEntry = [key: string, value: Packed]

/** What the parent offers a peer, or a parent child, on the wire for the application's values. */
export interface ExchangeParentFunctions {
  /** This process reads the wire from now on: it can be called. */
  open(): void
  /** Many at once: a call for each of 100 000 would take seconds. */
  putHandoff(entries: HandoffEntry[]): void
  getHandoff(key: string): Packed | null
  getAllHandoff(): HandoffEntry[]
  relatives(): Relatives
  /** The answer is an outcome (`outcome.ts`), as that of {@link ExchangeFunctions.call}. */
  callPeer(peer: Pick<PeerInfo, 'id' | 'pid'>, name: string, args: Packed): Promise<Packed>
  callParentChild(child: string, method: string, args: Packed): Promise<Packed>
  /** What `beforeCutover` returned, or why it did not: the last word of an outgoing peer. */
  handOver(result: Packed | null, failure?: EncodedError): void
}

/** What a peer, or a parent child, offers the parent on that wire. */
export interface ExchangeFunctions {
  call(name: string, args: Packed): Promise<Packed>
  /** `null`: the outgoing peer has left nothing. */
  afterCutover(result: Packed | null): Promise<void>
}

/** The functions of another process, or of this one, as promises. */
export type Remote<Functions> = {
  [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never
}
