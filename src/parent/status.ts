import type { Store } from '../release/store.ts'
import type { ProgressStep, Status, UpgradeReport } from '../rpc/contracts.ts'
import type { SwapKind } from './blue-green.ts'
import type { Endpoint } from './endpoints.ts'
import type { Generation } from './generation.ts'
import { allOf, type Generations } from './generations.ts'
import type { Leases } from './leases.ts'
import type { ParentChildren } from './parent-children.ts'
import type { ParentState } from './parent-types.ts'
import type { ParentSettings } from './settings.ts'
import { summaryOf } from './summary.ts'

interface StatusParts {
  settings: ParentSettings
  store: Store
  endpoints: readonly Endpoint[]
  state: ParentState['state']
  step: ProgressStep | null
  generations: Generations
  /** How many there have been. */
  count: number
  children: ParentChildren
  leases: Leases
}

export async function describeStatus({
  settings,
  store,
  endpoints,
  state,
  step,
  generations,
  count,
  children,
  leases,
}: StatusParts): Promise<Status> {
  const { active } = generations
  const peer = active?.peerIn(0) ?? null
  const current = store.current()
  const previous = store.previous()
  const history = store.history()
  return {
    app: settings.app,
    pid: process.pid,
    state,
    upgrading: state === 'upgrading',
    step,
    release: current && summaryOf(current),
    previous: previous && summaryOf(previous),
    generation: active?.number ?? count,
    activePeer: active &&
      peer && { id: peer.id, pid: peer.pid, generation: active.number, release: summaryOf(active.release) },
    endpoints: endpoints.map(({ label }) => label),
    peers: (await Promise.all(allOf(generations).map(generation => generation.describe()))).flat(),
    node: process.versions.node,
    parentChildren: children.describe(),
    leases: leases.describe(),
    uptimeMs: Math.round(process.uptime() * 1000),
    parentMemory: process.memoryUsage.rss(),
    lastUpgrade: history.findLast(({ action }) => action !== 'start' && action !== 'restart') ?? null,
    history,
    verifiedBy: current?.verifiedBy ?? null,
    trustedKeys: settings.verify.map(({ id }) => id),
    stateDir: settings.stateDir,
  }
}

interface SwapOutcome extends Pick<UpgradeReport, 'app' | 'durationMs' | 'phases'> {
  action: SwapKind['action']
  outgoing: Generation
  incoming: Generation
  overlapMs?: number
}

/** What a swap did, for whoever asked for it. */
export const reportOf = ({
  action,
  outgoing,
  incoming,
  overlapMs = 0,
  ...facts
}: SwapOutcome): UpgradeReport => ({
  ...facts,
  // Nobody asked for a fall-back: nobody gets this.
  action: action === 'fall-back' ? 'rollback' : action,
  release: summaryOf(incoming.release),
  previous: summaryOf(outgoing.release),
  generation: incoming.number,
  draining: outgoing.pids(),
  ...(overlapMs > 0 && { overlapMs }),
})
