import type { Operations } from '../rpc/contracts.ts'
import type { ExchangeParentFunctions } from '../rpc/exchange-contracts.ts'

/** The parent that this process is. */
export interface RunningParent {
  operations: Operations
  exchange: Omit<ExchangeParentFunctions, 'open' | 'handOver'>
}

let running: RunningParent | null = null

export const runningParent = (): RunningParent | null => running

export function setRunningParent(parent: RunningParent | null): void {
  running = parent
}
