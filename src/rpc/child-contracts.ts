import type { Operations } from './contracts.ts'
import type { ExchangeParentFunctions } from './exchange-contracts.ts'
import type { Packed } from './packed.ts'

/** What the parent offers the process of a parent child. */
export type ChildParentFunctions = ExchangeParentFunctions & Operations

/** What that process offers the parent. */
export interface ChildFunctions {
  /** Loads the module and runs its `start`. */
  start(): Promise<void>
  call(method: string, args: Packed): Promise<Packed>
  stop(): Promise<void>
}

/** What the process is given, as JSON, as its argument. */
export interface ChildIdentity {
  protocol: number
  id: string
  /** Absolute. */
  module: string
  /** The pipe to the parent. */
  fd: number
}
