import { BeamDeployError, isBeamDeployError, messageOf } from '../errors.ts'
import type { Remote } from '../rpc/exchange-contracts.ts'
import type { HotUpgradeStats, PeerHot, PeerHotFunctions, UpgradePlan } from '../rpc/hot-contracts.ts'
import { withinReason } from './within-reason.ts'

/** What a peer is asked to become. */
export type PeerHotRequest = Parameters<PeerHotFunctions['prepareHot']>[0]

/** The steps of a hot upgrade in one peer. None waits for ever: a call ends with an answer, with the peer, or with its time. */
export interface HotCalls {
  prepare(request: PeerHotRequest): Promise<UpgradePlan>
  /** A peer that does not answer is killed: it comes back with the release that was decided on. So with the two that follow. */
  commit(): Promise<HotUpgradeStats>
  settle(): Promise<HotUpgradeStats>
  revert(): Promise<void>
  discard(): Promise<void>
  /** `null` where there is no hot loading, and where the peer is too busy to answer. */
  summary(): Promise<PeerHot | null>
}

interface HotCallOptions {
  id: string
  /** Milliseconds that a call may take; `commit` has that of suspending in addition. */
  limitMs(): number
  kill(): Promise<unknown>
}

export function hotCalls(peer: Remote<PeerHotFunctions>, { id, limitMs, kill }: HotCallOptions): HotCalls {
  let suspendTimeoutMs = 0

  const gone = (error: unknown) =>
    isBeamDeployError(error)
      ? error
      : new BeamDeployError('peer_gone', `peer ${id} has ended: ${messageOf(error)}`, {
          phase: 'commit',
          cause: error,
        })

  async function within<T>(
    call: Promise<T>,
    ms: number,
    onLate: (late: BeamDeployError) => void,
  ): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      const message = `peer ${id} did not answer within ${ms} ms`
      const error = new BeamDeployError('hot_upgrade_failed', message, { phase: 'commit' })
      onLate(error)
      late.reject(error)
    }, ms)
    try {
      return await Promise.race([call, late.promise])
    } catch (error) {
      throw gone(error)
    } finally {
      clearTimeout(timer)
    }
  }
  const orKill = <T>(call: Promise<T>, ms = limitMs()) => within(call, ms, () => void kill())

  return {
    prepare: request => {
      suspendTimeoutMs = request.suspendTimeoutMs
      return within(peer.prepareHot(request), limitMs(), () => undefined)
    },
    commit: () => orKill(peer.commitHot(), limitMs() + suspendTimeoutMs),
    settle: () => orKill(peer.settleHot()),
    revert: () => orKill(peer.revertHot()),
    discard: () => within(peer.discardHot(), limitMs(), () => undefined),
    summary: async () => {
      const found = await withinReason(peer.hotSummary())
      return found && { upgrades: found.upgrades, oldCodeBytes: found.oldCodeBytes }
    },
  }
}
