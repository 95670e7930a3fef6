import { type AnyFunctions, type Callable, type Peer, peerOf } from './peer-handle.ts'
import { exchangeHere } from './place.ts'
import type { Functions } from './rpc/exchange.ts'
import type { Relatives } from './rpc/exchange-contracts.ts'

/** The peer that serves, of several that of slot 0; `null` while there is none, and where BeamDeploy is not enabled. */
export const activePeer = <Api extends Callable<Api> = AnyFunctions>() => find<Api>('active')

/**
 * The peer that takes the place of this one, of its own slot: it boots, or serves already. `null` while there is none. Asked by the
 * parent: the one that takes the place of the active one.
 */
export const incomingPeer = <Api extends Callable<Api> = AnyFunctions>() => find<Api>('incoming')

/**
 * The peer whose place this one takes, of its own slot, until it has ended. `null` while there is none. Asked by the parent: the last
 * that served and has not ended.
 */
export const outgoingPeer = <Api extends Callable<Api> = AnyFunctions>() => find<Api>('outgoing')

/**
 * Offers functions of this peer to the other peers, the parent and its children, which call them with `peer.call(name, …)`. Later ones
 * take the place of earlier ones with the same name.
 *
 * @returns what it was given, so that its type can be named: `const api = expose({ … })`, and `incomingPeer<typeof api>()` there.
 */
export function expose<Api extends Functions>(functions: Api): Api {
  exchangeHere().expose(functions)
  return functions
}

async function find<Api extends Callable<Api>>(which: keyof Relatives): Promise<Peer<Api> | null> {
  const exchange = exchangeHere()
  const info = (await exchange.relatives())[which]
  return info && peerOf<Api>(info, exchange)
}
