import type { Operations } from '../rpc/contracts.ts'
import type { Remote } from '../rpc/exchange-contracts.ts'

/** The parent as the application sees it. */
export interface OwnCalls {
  operations: Remote<Operations>
  /** Resolves when every swap that the application of this peer has asked for is answered. */
  answered(): Promise<void>
}

/** Keeps account of the swaps that the application asks for: whoever deploys itself hears of it before it is ended. */
export function trackOwnCalls(parent: Remote<Operations>): OwnCalls {
  const pending = new Set<Promise<unknown>>()
  const tracked = <T>(call: Promise<T>): Promise<T> => {
    pending.add(call)
    const done = () => void pending.delete(call)
    call.then(done, done)
    return call
  }
  return {
    operations: {
      upgrade: request => tracked(parent.upgrade(request)),
      rollback: () => tracked(parent.rollback()),
      hotUpgrade: request => tracked(parent.hotUpgrade(request)),
      planUpgrade: request => parent.planUpgrade(request),
      status: () => parent.status(),
    },
    answered: async () => {
      await Promise.allSettled(pending)
      // What waited for the answer goes first.
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}
