import { BeamDeployError } from '../errors.ts'
import {
  type ExchangeParentFunctions,
  type HandoffEntry,
  type PeerInfo,
  RESERVED,
  type Relatives,
  type Remote,
} from './exchange-contracts.ts'
import { gather } from './gather.ts'
import { notExposed } from './not-exposed.ts'
import { runCall, takeOutcome } from './outcome.ts'
import type { Packed } from './packed.ts'
import { pack, unpack } from './values.ts'

/** Functions that one process offers others, by name. Arguments and results cross as `structuredClone` would have them. */
export type Functions = { readonly [name: string]: (...args: never[]) => unknown }

/** The application's values on their way to and from the parent, other peers, and parent children. */
export interface Exchange {
  putHandoff(key: string, value: unknown): Promise<void>
  getHandoff(key: string): Promise<unknown>
  getAllHandoff(): Promise<Map<string, unknown>>
  relatives(): Promise<Relatives>
  callPeer(peer: PeerInfo, name: string, args: unknown[]): Promise<unknown>
  callParentChild(child: string, method: string, args: unknown[]): Promise<unknown>
  expose(functions: Functions): void
  /** Runs a function that was given to {@link expose}, for another process. */
  answer(name: string, args: Packed): Promise<Packed>
}

/** @param who names this process in errors. */
export function createExchange(who: string, parent: Remote<ExchangeParentFunctions>): Exchange {
  const puts = gather<HandoffEntry>(entries => parent.putHandoff(entries))
  const exposed = new Map<string, (...args: unknown[]) => unknown>()
  return {
    putHandoff: async (key, value) =>
      puts.add([checkedKey(key), pack(value, `putHandoff(${JSON.stringify(key)})`)]),
    getHandoff: async key => {
      puts.send()
      const packed = await parent.getHandoff(checkedKey(key))
      return packed === null ? undefined : unpack(packed)
    },
    getAllHandoff: async () => {
      puts.send()
      return new Map((await parent.getAllHandoff()).map(([key, packed]) => [key, unpack(packed)]))
    },
    relatives: () => parent.relatives(),
    callPeer: async ({ id, pid }, name, args) => {
      const what = `${name}() of peer ${id}`
      return takeOutcome(
        await parent.callPeer({ id, pid }, name, pack(args, `the arguments of ${what}`)),
        what,
      )
    },
    callParentChild: async (child, method, args) => {
      const what = `${method}() of parent child ${child}`
      return takeOutcome(
        await parent.callParentChild(child, method, pack(args, `the arguments of ${what}`)),
        what,
      )
    },
    expose: functions => {
      for (const [name, run] of Object.entries(functions))
        exposed.set(name, run as (...args: unknown[]) => unknown)
    },
    answer: (name, args) => {
      const run = exposed.get(name)
      if (run) return runCall(run, args, `${name}()`)
      throw notExposed(
        who,
        name,
        [...exposed.keys()].filter(known => !known.startsWith(RESERVED)),
      )
    },
  }
}

function checkedKey(key: unknown): string {
  if (typeof key === 'string') return key
  throw new BeamDeployError(
    'invalid_option',
    `the key of a handoff is ${JSON.stringify(key) ?? String(key)}; it must be a string.`,
    { phase: 'control' },
  )
}
