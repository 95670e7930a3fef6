import type { HandoffEntry } from '../rpc/exchange-contracts.ts'
import type { Packed } from '../rpc/packed.ts'

/** What peers leave for those that come after them, in the parent's memory. The values are bytes here. */
export interface Handoff {
  put(entries: readonly HandoffEntry[]): void
  get(key: string): Packed | null
  all(): HandoffEntry[]
  clear(): void
}

export function createHandoff(): Handoff {
  const values = new Map<string, Packed>()
  return {
    put: entries => {
      for (const [key, value] of entries) values.set(key, value)
    },
    get: key => values.get(key) ?? null,
    all: () => [...values],
    clear: () => values.clear(),
  }
}
