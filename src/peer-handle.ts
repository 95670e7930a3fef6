import type { Exchange } from './rpc/exchange.ts'
import type { PeerInfo } from './rpc/exchange-contracts.ts'

/** A shape of functions that a peer exposes; what is not known of it can be called with anything. */
export type AnyFunctions = { readonly [name: string]: (...args: unknown[]) => unknown }

/** What {@link Peer.call} can be told of the functions of a peer: their type there, such as `typeof api`. */
export type Callable<Api> = { [Name in keyof Api]: (...args: never[]) => unknown }

/** A peer of this application: one process of one generation. */
export interface Peer<Api extends Callable<Api> = AnyFunctions> extends PeerInfo {
  /**
   * Calls a function that this peer offers with `expose()`. Arguments and result cross as `structuredClone` would have them.
   *
   * @throws {BeamDeployError} `peer_gone`, at once when the process has ended, and when it ends before it answers;
   *   `not_exposed`; `not_cloneable`; `call_failed` with what was thrown there as its `cause`.
   */
  call<Name extends keyof Api & string>(
    name: Name,
    ...args: Parameters<Api[Name]>
  ): Promise<Awaited<ReturnType<Api[Name]>>>
}

export function peerOf<Api extends Callable<Api>>(info: PeerInfo, exchange: Exchange): Peer<Api> {
  const call = (name: string, ...args: unknown[]) => exchange.callPeer(info, name, args)
  return { ...info, call: call as Peer<Api>['call'] }
}
