import type { HotHandle, HotReason, PeerHotFunctions, UpgradePlan } from '../rpc/hot-contracts.ts'
import { hotEngine, hotUnavailable, whyNotHot } from '../rpc/hot-engine.ts'
import { packedFromText } from '../rpc/packed-text.ts'

/**
 * Passes the steps of a hot upgrade on to the engine of this process. That is looked up at each call: the preload which brings it runs after
 * ours, and may find that it cannot work here.
 *
 * @param isClustered whether the application's code runs in node:cluster workers, which no engine reaches.
 */
export function hotFunctions(isClustered: () => boolean): PeerHotFunctions {
  return {
    prepareHot: async ({ extra, ...request }) => {
      const plan = await engine().prepareHot({ ...request, ...(extra && { extra: packedFromText(extra) }) })
      return isClustered() ? withReason(plan, CLUSTERED) : plan
    },
    commitHot: async () => engine().commitHot(),
    settleHot: async () => engine().settleHot(),
    revertHot: async () => engine().revertHot(),
    discardHot: async () => engine().discardHot(),
    hotSummary: () => engine().hotSummary(),
  }
}

function engine(): HotHandle {
  const found = hotEngine()
  if (found) return found
  throw hotUnavailable(
    `this peer has no hot loading: ${whyNotHot() ?? 'it was started with --no-hot (or `hot: false`)'}. ` +
      'Use `beam-deploy upgrade`, which does without.',
  )
}

const CLUSTERED: HotReason = {
  module: 'package.json',
  line: null,
  message: 'the application runs in node:cluster workers, and code is replaced in one process only',
  remedy: 'Let the parent run several peers (--peers) in place of node:cluster',
  allow: null,
}

const withReason = (plan: UpgradePlan, reason: HotReason): UpgradePlan => ({
  ...plan,
  verdict: plan.verdict === 'hot' ? 'blue-green' : plan.verdict,
  reasons: [...plan.reasons, reason],
})
