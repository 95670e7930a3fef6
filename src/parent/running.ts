import type { Operations } from '../rpc/contracts.ts'

let running: Operations | null = null

/** The parent that this process is, if it is one. */
export const runningParent = (): Operations | null => running

export function setRunningParent(operations: Operations | null): void {
  running = operations
}
