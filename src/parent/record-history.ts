import type { Store } from '../release/store.ts'
import type { HistoryEntry } from '../rpc/contracts.ts'
import type { Failure } from './failure.ts'

export type Action = HistoryEntry['action']

/** Keeps what became of each start, swap and restart. */
export interface HistoryRecord {
  /** `message`: why it was done, where nobody asked for it. */
  succeeded(
    action: Action,
    from: string | null,
    to: string,
    durationMs: number,
    message?: string,
  ): Promise<void>
  failed(action: Action, from: string, to: string | null, failure: Failure): Promise<void>
}

export function createHistoryRecord(store: Store): HistoryRecord {
  const record = (entry: Omit<HistoryEntry, 'at'>) =>
    store.appendHistory({ at: new Date().toISOString(), ...entry, durationMs: Math.round(entry.durationMs) })
  return {
    succeeded: (action, from, to, durationMs, message) =>
      record({
        action,
        from,
        to,
        outcome: 'succeeded',
        durationMs,
        ...(message !== undefined && { message }),
      }),
    failed: (action, from, to, failure) => {
      const outcome = failure.code === 'rolled_back' ? 'rolled-back' : 'failed'
      return record({ action, from, to, outcome, ...failure })
    },
  }
}
