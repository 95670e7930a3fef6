import { type AnyFunctions, type Callable, type Peer, peerOf } from './peer-handle.ts'
import { exchangeHere } from './place.ts'
import type { Functions } from './rpc/exchange.ts'
import type { Relatives } from './rpc/exchange-contracts.ts'

/**
 * The peer that serves, of several that of slot 0.
 *
 * @returns `null` while there is none, and where BeamDeploy is not enabled.
 *
 * @example
 * ```js
 * import { activePeer } from 'beam-deploy'
 *
 * const peer = await activePeer()
 * console.log(peer ? `process ${peer.pid} runs ${peer.release.version}` : 'nobody serves')
 * ```
 */
export async function activePeer<Api extends Callable<Api> = AnyFunctions>(): Promise<Peer<Api> | null> {
  return find<Api>('active')
}

/**
 * The peer that takes the place of this one, of its own slot: it boots, or serves already. Asked by the parent: the one that takes
 * the place of the active one.
 *
 * @returns `null` while there is none.
 *
 * @example
 * ```js
 * import { incomingPeer } from 'beam-deploy'
 *
 * const successor = await incomingPeer()
 * await successor?.call('adopt', new Map([['lobby', ['ada']]]))
 * ```
 */
export async function incomingPeer<Api extends Callable<Api> = AnyFunctions>(): Promise<Peer<Api> | null> {
  return find<Api>('incoming')
}

/**
 * The peer whose place this one takes, of its own slot, until it has ended. Asked by the parent: the last that served and has not
 * ended.
 *
 * @returns `null` while there is none.
 *
 * @example
 * ```js
 * import { outgoingPeer } from 'beam-deploy'
 *
 * const predecessor = await outgoingPeer()
 * const warm = predecessor ? await predecessor.call('hotKeys') : []
 * ```
 */
export async function outgoingPeer<Api extends Callable<Api> = AnyFunctions>(): Promise<Peer<Api> | null> {
  return find<Api>('outgoing')
}

/**
 * Offers functions of this peer to the other peers, the parent and its children, which call them with `peer.call(name, …)`. Later ones
 * take the place of earlier ones with the same name.
 *
 * @param functions by name; they may be asynchronous.
 * @returns what it was given, so that its type can be named: `const api = expose({ … })`, and `incomingPeer<typeof api>()` there.
 *
 * @example
 * ```ts
 * import { activePeer, expose } from 'beam-deploy'
 *
 * let count = 0
 * const api = expose({ add: (by: number) => (count += by) })
 *
 * const total = await (await activePeer<typeof api>())?.call('add', 2)
 * ```
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
