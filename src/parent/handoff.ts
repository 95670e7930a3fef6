import type { Packed } from '../rpc/packed.ts'

/** What peers leave for those that come after them, in the parent's memory. The values are bytes here. */
export interface Handoff {
  put(key: string, value: Packed): void
  get(key: string): Packed | null
  all(): [key: string, value: Packed][]
  clear(): void
}

export function createHandoff(): Handoff {
  const values = new Map<string, Packed>()
  return {
    put: (key, value) => void values.set(key, value),
    get: key => values.get(key) ?? null,
    all: () => [...values],
    clear: () => values.clear(),
  }
}
