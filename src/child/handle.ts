import type { Operations } from '../rpc/contracts.ts'
import type { Exchange } from '../rpc/exchange.ts'
import type { Remote } from '../rpc/exchange-contracts.ts'
import { CHILD_GLOBAL } from '../rpc/protocol.ts'

/** What the process of a parent child leaves for the library, which may be another copy or version of this package. */
export interface ChildHandle {
  operations: Remote<Operations>
  exchange(): Exchange
}

/** The handle in such a process; `null` in any other. */
export function childHandle(): ChildHandle | null {
  return (globalThis as { [CHILD_GLOBAL]?: ChildHandle })[CHILD_GLOBAL] ?? null
}
