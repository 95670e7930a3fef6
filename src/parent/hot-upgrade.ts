import { messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { UnpackResult } from '../rpc/contracts.ts'
import type { HotUpgradeReport, HotUpgradeRequest, UpgradePlan } from '../rpc/hot-contracts.ts'
import { hotUnavailable } from '../rpc/hot-engine.ts'
import { incompatibleChange } from '../rpc/incompatible-change.ts'
import { mergePlans } from './hot-merge.ts'
import { type HotPeers, hotPeers } from './hot-peers.ts'
import { planOfParent } from './hot-reasons.ts'
import type { Logger } from './logger.ts'
import { obtainRelease } from './obtain-release.ts'
import type { Caller, Turn } from './parent-types.ts'
import { type RecordParts, recordedSwap } from './recorded-swap.ts'
import type { ParentSettings } from './settings.ts'
import { createStopwatch, type Stopwatch } from './stopwatch.ts'
import { summaryOf } from './summary.ts'
import { warnOfUnapplied } from './unapplied-options.ts'

export interface HotParts extends RecordParts {
  settings: ParentSettings
  /** What the parent was started with. */
  origin: Release | null
  /** Removes the releases that nobody needs. */
  prune(): Promise<void>
}

/**
 * One hot upgrade. Until the release is committed a failure leaves every process as it was, and a peer that dies comes back with the old
 * release; after that with the new one.
 */
export function hotUpgrade(
  request: HotUpgradeRequest,
  caller: Caller,
  turn: Turn,
  parts: HotParts,
): Promise<HotUpgradeReport> {
  const { settings, history, logger } = parts
  const { outgoing } = turn
  const before = outgoing.release
  const swap = { action: 'hot-upgrade', source: request.path, caller, turn } as const
  return recordedSwap(swap, parts, async ({ watch, told, found }) => {
    const { target, pids, stats } = await replace(request, caller, turn, parts, { watch, found })
    const durationMs = Math.round(watch.total())
    told.succeeded(outgoing, { durationMs, phases: watch.phases() })
    await history.succeeded('hot-upgrade', before.id, target.id, durationMs).catch(complainTo(logger))
    const { app } = settings
    const where = pids.length === 1 ? `process ${pids[0]}` : `${pids.length} processes`
    logger.info(`${app} ${target.version} has replaced ${before.version} in ${where} (${durationMs} ms)`)
    warnOfUnapplied(parts.origin, target, logger)
    await parts.prune()
    return { ...stats, durationMs, action: 'hot-upgrade', app, previous: summaryOf(before), peers: pids }
  })
}

/** The steps in their order. Peers that crash meanwhile come back when it is over. */
async function replace(
  request: HotUpgradeRequest,
  caller: Caller,
  turn: Turn,
  parts: HotParts,
  { watch, found }: Pick<PrepareOptions, 'watch' | 'found'>,
) {
  const { outgoing, signal } = turn
  const { store, logger } = parts
  using held = outgoing.holdRestarts()
  const how = { watch, found, quiet: held.quiet, refuse: true }
  const { target, peers, pids } = await prepare(request, caller, turn, parts, how)
  const stats = await watch.step('commit', `replacing code with that of ${target.version}`, async () => {
    await peers.commit()
    const mark = store.mark()
    try {
      signal.throwIfAborted()
      await store.setCurrent(target.id)
    } catch (error) {
      await peers.revert()
      await store.restore(mark).catch(complainTo(logger))
      throw error
    }
    outgoing.become(target)
    return peers.settle()
  })
  return { target, pids, stats }
}

/** What a hot upgrade would do. Nothing of it stays. */
export async function planHotUpgrade(
  request: HotUpgradeRequest,
  caller: Caller,
  turn: Turn,
  parts: HotParts,
): Promise<UpgradePlan> {
  const { store, logger } = parts
  const watch = createStopwatch(
    () => undefined,
    (phase, text) => caller.progress({ phase, text }),
  )
  const unpacked: Release[] = []
  const found = (release: Release) => void unpacked.push(release)
  try {
    using held = turn.outgoing.holdRestarts()
    const how = { watch, found, quiet: held.quiet, refuse: false }
    const { plan, peers } = await prepare(request, caller, turn, parts, how)
    await peers.discard()
    return plan
  } catch (error) {
    throw turn.signal.aborted ? turn.signal.reason : error
  } finally {
    for (const { id } of unpacked) await store.dropUncommitted(id).catch(complainTo(logger))
  }
}

interface PrepareOptions {
  watch: Stopwatch
  found(release: Release): void
  /** Resolves when no peer is being started. */
  quiet: Promise<void>
  /** Whether a plan that is not hot is a failure. */
  refuse: boolean
}

interface Prepared {
  target: Release
  peers: HotPeers
  pids: number[]
  plan: UpgradePlan
}

/** Unpacks the release, and has every peer that serves make itself ready for it. After a rejection none is. */
async function prepare(
  { path, extra, ...rules }: HotUpgradeRequest,
  caller: Caller,
  { outgoing, signal }: Turn,
  { settings, store, logger, origin }: HotParts,
  { watch, found, quiet, refuse }: PrepareOptions,
): Promise<Prepared> {
  const { step } = watch
  const running = outgoing.release
  if (!settings.hotOf(running)) throw withoutHot(settings.app)
  let builtOnNode: UnpackResult['builtOnNode']
  const target = await obtainRelease(path, {
    store,
    caller,
    settings,
    step,
    outgoing: running,
    signal,
    meanwhile: () => undefined,
    found: (release, unpacked) => {
      found(release)
      builtOnNode = unpacked.builtOnNode
    },
  })
  return step('plan', `comparing ${target.version} with ${running.version}`, async () => {
    await quiet
    signal.throwIfAborted()
    const serving = outgoing.servingPeers()
    const peers = hotPeers(serving, logger)
    const release = summaryOf(target)
    const ours = planOfParent({ origin, outgoing: running, target, builtOnNode }, settings, rules.allow)
    const theirs = await peers.prepare({ dir: target.dir, release, ...rules, ...(extra && { extra }) })
    const plan = mergePlans(ours, theirs)
    try {
      signal.throwIfAborted()
      if (refuse && plan.verdict !== 'hot') {
        const what = `${settings.app} ${target.version}`
        throw incompatibleChange(what, plan, adviceFor(plan, path))
      }
    } catch (error) {
      await peers.discard()
      throw error
    }
    return { target, peers, pids: serving.map(({ pid }) => pid), plan }
  })
}

function adviceFor({ verdict }: UpgradePlan, path: string): string {
  const upgrade = `\`beam-deploy upgrade ${path}\` does it with new processes, and loses no request.`
  return verdict === 'restart'
    ? `${upgrade} What belongs to the parent takes effect when that is started anew.`
    : upgrade
}

const complainTo = (logger: Logger) => (error: unknown) => logger.error(messageOf(error))

const withoutHot = (app: string) =>
  hotUnavailable(
    `${app} runs without hot loading: it was started with --no-hot, or its configuration says \`hot: false\`. ` +
      'Use `beam-deploy upgrade`, which does without, or start it anew with hot loading.',
  )
