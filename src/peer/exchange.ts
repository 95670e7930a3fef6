import { rmSync } from 'node:fs'
import { aborted } from '../clock.ts'
import { messageOf } from '../errors.ts'
import { type Peer, peerOf } from '../peer-handle.ts'
import { encodeError } from '../rpc/errors.ts'
import type { Exchange } from '../rpc/exchange.ts'
import { leaseNote } from '../rpc/lease-contracts.ts'
import type { PeerLoad } from '../rpc/load.ts'
import type { PeerIdentity } from '../rpc/protocol.ts'
import { openExchange } from '../rpc/remote-exchange.ts'
import { pack, unpack } from '../rpc/values.ts'
import { createLeases, type Leases } from './leases.ts'

/** What an application wants to do at a cutover. */
export interface CutoverCallbacks {
  /** In the outgoing peer, last. Its result is given to the incoming peer's `after`. */
  before?: (incoming: Peer | null) => unknown
  after?: (result: unknown) => unknown
}

export interface PeerExchange extends Exchange {
  readonly leases: Pick<Leases, 'ask'>
  /** The leases that are held. */
  load(): Pick<PeerLoad, 'leases'>
  /** Gives up every lease; resolves when all of their work has settled, or `signal` is aborted. */
  leaveLeases(signal: AbortSignal): Promise<void>
  /** Runs `before`, and gives what it returned to the parent. Never rejects: a failure is told to the parent. */
  sayFarewell(before: NonNullable<CutoverCallbacks['before']>): Promise<void>
}

export interface PeerPlace {
  id: string
  /** The wire for the application's values. */
  fd: number
  /** See {@link PeerIdentity.note}. */
  note: string | undefined
}

/**
 * The exchange of a peer. In a file of its own, since most applications never want it, and every boot would pay for it.
 *
 * @param callbacks is asked when the cutover comes.
 */
export function openPeerExchange(
  { id, fd, note }: PeerPlace,
  callbacks: () => CutoverCallbacks,
): PeerExchange {
  const exchange = openExchange(`peer ${id}`, fd, {
    afterCutover: async result => {
      await callbacks().after?.(result === null ? undefined : unpack(result))
    },
    lease: (claim, news) => leases.lease(claim, news),
    closed: () => leases.orphaned(claim => takeLeaseNote(note, claim)),
  })
  const leases = createLeases(exchange.leases)

  async function leave(): Promise<void> {
    // An answer means that the parent has read what was told before; this process may end the next moment.
    if (await leases.leave()) await exchange.relatives().catch(() => undefined)
  }

  return {
    ...exchange,
    leases,
    load: () => {
      const held = leases.held()
      return held.length > 0 ? { leases: held } : {}
    },
    leaveLeases: signal => Promise.race([leave(), aborted(signal)]),
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

/** Lets the next parent know that this process holds a lease of the former one no longer. */
function takeLeaseNote(note: string | undefined, claim: number): void {
  if (note === undefined) return
  try {
    rmSync(leaseNote(note, claim), { force: true })
  } catch (error) {
    process.emitWarning(`the note of a lease could not be removed: ${messageOf(error)}`, 'BeamDeployWarning')
  }
}
