import { isBeamDeployError } from '../../errors.ts'
import { RESERVED } from '../../rpc/exchange-contracts.ts'
import type { Operations } from '../operations.ts'

/** What peers say to each other about processes that move: functions that they expose, under names that no application uses. */
const named = <Name extends string>(name: Name) => `${RESERVED}process:${name}` as const

/** `names()`: which definitions a peer hands over. */
export const NAMES = named('names')
/** `untilMoved()`: resolves when nothing more comes from a peer. */
export const UNTIL_MOVED = named('untilMoved')
/** `take(transfers)`: what became of each. */
export const TAKE = named('take')
/** `answer(token)`: that of a call that was carried over. */
export const ANSWER = named('answer')
/** `operate(operation, name, id, args)`: for who still looks for a process where it was. */
export const OPERATE = named('operate')

/** A process on its way. */
export interface Transfer {
  name: string
  id: string | null
  /** Of the definition that made the state. */
  version: string
  /** `null` where it cannot be cloned. */
  state: { value: unknown } | null
  /** What it was started with; `null` where that cannot be cloned. */
  args: unknown[] | null
  /** Whether its user has suspended it. */
  isSuspended: boolean
  messages: CarriedMessage[]
}

/** A message that waited. */
export interface CarriedMessage {
  kind: 'call' | 'cast'
  name: string
  args: unknown[]
  timeout: number
  /** Of a call: by it the answer is asked for. */
  token: string | null
}

/** `unknown`: there is no such definition with `handoff`. `running`: it has begun anew. `left`: it has moved on itself. */
export type Taken = 'taken' | 'unknown' | 'running' | 'left'

/** The arguments of {@link OPERATE}. */
export type OperateArgs = [operation: keyof Operations, name: string, id: string | null, args: unknown[]]

/** What was thrown in the other peer, instead of the error that says so. */
export const thrownThere = (error: unknown): unknown =>
  isBeamDeployError(error) && error.code === 'call_failed' ? error.cause : error

export const hasCode = (error: unknown, code: string): boolean =>
  isBeamDeployError(error) && error.code === code
