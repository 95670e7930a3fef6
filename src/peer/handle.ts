import type { BirpcReturn } from 'birpc'
import type { ParentFunctions, PeerFunctions } from '../rpc/contracts.ts'
import { PEER_GLOBAL, type PeerIdentity, type ReleaseToRun } from '../rpc/protocol.ts'

/** What the preload leaves for the library, which may be another copy or version of this package. */
export interface PeerHandle {
  protocol: number
  identity: PeerIdentity
  release: ReleaseToRun
  parent: BirpcReturn<ParentFunctions, PeerFunctions>
  /** `start()` begins; the returned function tells that it has ended, with the application's stop function. */
  starting(): (stop: (() => unknown) | null) => void
}

/** The handle in a peer; `null` in any other process. */
export function peerHandle(): PeerHandle | null {
  return (globalThis as { [PEER_GLOBAL]?: PeerHandle })[PEER_GLOBAL] ?? null
}
