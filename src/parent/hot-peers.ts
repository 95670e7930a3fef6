import { BeamDeployError, isBeamDeployError, messageOf } from '../errors.ts'
import type { HotUpgradeStats, UpgradePlan } from '../rpc/hot-contracts.ts'
import { mergePlans, mergeStats } from './hot-merge.ts'
import type { Logger } from './logger.ts'
import type { HotCalls, PeerHotRequest } from './peer-hot.ts'
import type { PeerProcess } from './peer-types.ts'

/** The peers of a generation as one: each step is taken in all of them at once, and what fails in one has happened in none. */
export interface HotPeers {
  prepare(request: PeerHotRequest): Promise<UpgradePlan>
  /** Undoes `prepare`. Never rejects, as the steps below. */
  discard(): Promise<void>
  /** Rejects with `hot_upgrade_failed` when one cannot, and all the others are as before. */
  commit(): Promise<void>
  revert(): Promise<void>
  settle(): Promise<HotUpgradeStats>
}

type HotPeer = Pick<PeerProcess, 'id' | 'state' | 'kill'> & {
  hot: Omit<HotCalls, 'summary'>
}

export function hotPeers(peers: readonly HotPeer[], logger: Pick<Logger, 'warn'>): HotPeers {
  const [first] = peers
  if (!first) throw nobodyServes()
  const committed = new Map<HotPeer, HotUpgradeStats>()

  /** One that is in no known state is ended, and comes back with the release that was decided on. */
  async function orEnd<T>(peer: HotPeer, what: string, run: () => Promise<T>): Promise<T | null> {
    try {
      return await run()
    } catch (error) {
      if (peer.state.state === 'exited') return null
      logger.warn(`peer ${peer.id} could not ${what}, and is started again: ${messageOf(error)}`)
      await peer.kill()
      return null
    }
  }

  async function revert(): Promise<void> {
    await Promise.all(
      [...committed.keys()].map(peer => orEnd(peer, 'take its code back', () => peer.hot.revert())),
    )
  }

  async function discard(): Promise<void> {
    await Promise.allSettled(peers.map(peer => peer.hot.discard()))
  }

  return {
    prepare: async request => {
      const plans = await Promise.allSettled(peers.map(peer => peer.hot.prepare(request)))
      const failure = plans.find(result => result.status === 'rejected')
      if (failure) {
        await discard()
        throw failure.reason
      }
      const [plan, ...others] = plans.flatMap(result => (result.status === 'fulfilled' ? result.value : []))
      if (!plan) throw nobodyServes()
      return mergePlans(plan, ...others)
    },
    discard,
    commit: async () => {
      const failures: BeamDeployError[] = []
      const answers = await Promise.allSettled(peers.map(peer => peer.hot.commit()))
      for (const [index, peer] of peers.entries()) {
        const answer = answers[index]
        if (answer?.status === 'fulfilled') committed.set(peer, answer.value)
        else failures.push(couldNot(peer, answer?.reason))
      }
      const [failure] = failures
      if (!failure) return
      await revert()
      throw failure
    },
    revert,
    settle: async () => {
      const stats = await Promise.all(
        [...committed].map(
          async ([peer, before]) => (await orEnd(peer, 'go on', () => peer.hot.settle())) ?? before,
        ),
      )
      const [one, ...others] = stats
      if (!one) throw nobodyServes()
      return mergeStats(one, ...others)
    },
  }
}

/** Also why: what a peer finds when it loads what the release imports is a reason like those of a plan. */
function couldNot({ id }: HotPeer, cause: unknown): BeamDeployError {
  const { code, reasons } = isBeamDeployError(cause) ? cause : { code: null, reasons: undefined }
  return new BeamDeployError(
    code === 'incompatible_change' ? code : 'hot_upgrade_failed',
    `peer ${id} could not replace its code, and all of them run the old code again: ${messageOf(cause)}`,
    { phase: 'commit', cause, ...(reasons && { reasons }) },
  )
}

const nobodyServes = () =>
  new BeamDeployError(
    'hot_unavailable',
    'no peer serves at the moment, so there is no code to replace. Try again, or use `beam-deploy upgrade`.',
    { phase: 'plan' },
  )
