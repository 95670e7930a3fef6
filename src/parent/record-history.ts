import { isBeamDeployError, messageOf } from '../errors.ts'
import type { Store } from '../release/store.ts'
import type { HistoryEntry } from '../rpc/contracts.ts'

export type Action = HistoryEntry['action']

/** Keeps what became of each start, swap and restart. */
export interface HistoryRecord {
  succeeded(action: Action, from: string | null, to: string, durationMs: number): Promise<void>
  failed(action: Action, from: string, to: string | null, error: unknown, durationMs: number): Promise<void>
}

export function createHistoryRecord(store: Store): HistoryRecord {
  const record = (entry: Omit<HistoryEntry, 'at'>) =>
    store.appendHistory({ at: new Date().toISOString(), ...entry, durationMs: Math.round(entry.durationMs) })
  return {
    succeeded: (action, from, to, durationMs) =>
      record({ action, from, to, outcome: 'succeeded', durationMs }),
    failed: (action, from, to, error, durationMs) => {
      const code = isBeamDeployError(error) ? error.code : 'internal'
      const [message = ''] = messageOf(error).split('\n')
      return record({ action, from, to, outcome: 'failed', code, message, durationMs })
    },
  }
}
