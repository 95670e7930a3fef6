import { messageOf } from '../errors.ts'
import { type Peer, peerOf } from '../peer-handle.ts'
import { encodeError } from '../rpc/errors.ts'
import type { Exchange } from '../rpc/exchange.ts'
import { openExchange } from '../rpc/remote-exchange.ts'
import { pack, unpack } from '../rpc/values.ts'

/** What an application wants to do at a cutover. */
export interface CutoverCallbacks {
  /** In the outgoing peer, last. Its result is given to the incoming peer's `after`. */
  before?: (incoming: Peer | null) => unknown
  after?: (result: unknown) => unknown
}

export interface PeerExchange extends Exchange {
  /** Runs `before`, and gives what it returned to the parent. Never rejects: a failure is told to the parent. */
  sayFarewell(before: NonNullable<CutoverCallbacks['before']>): Promise<void>
}

/**
 * The exchange of a peer. In a file of its own, since most applications never want it, and every boot would pay for it.
 *
 * @param callbacks is asked when the cutover comes.
 */
export function openPeerExchange(id: string, fd: number, callbacks: () => CutoverCallbacks): PeerExchange {
  const exchange = openExchange(`peer ${id}`, fd, async result => {
    await callbacks().after?.(result === null ? undefined : unpack(result))
  })
  return {
    ...exchange,
    sayFarewell: async before => {
      try {
        const { incoming } = await exchange.relatives()
        const result = await before(incoming && peerOf(incoming, exchange))
        await exchange.handOver(pack(result, 'what beforeCutover returned'))
      } catch (error) {
        await exchange.handOver(null, encodeError(error)).catch((lost: unknown) => {
          // The parent is gone: nobody else is left to be told.
          process.emitWarning(
            `beforeCutover: ${messageOf(error)}; not reported: ${messageOf(lost)}`,
            'BeamDeployWarning',
          )
        })
      }
    },
  }
}
