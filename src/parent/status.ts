import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type { ReleaseSummary, Status } from '../rpc/contracts.ts'
import type { Endpoint } from './endpoints.ts'
import type { Generation } from './generation.ts'
import type { ParentState } from './parent-types.ts'
import type { ParentSettings } from './settings.ts'

interface StatusParts {
  settings: ParentSettings
  store: Store
  endpoints: readonly Endpoint[]
  state: ParentState
  draining: Generation[]
  generations: number
}

export const summaryOf = ({ id, version }: Release): ReleaseSummary => ({ id, version })

export async function describeStatus({
  settings,
  store,
  endpoints,
  state,
  draining,
  generations,
}: StatusParts): Promise<Status> {
  const active = state.state === 'serving' || state.state === 'upgrading' ? state.active : null
  const incoming = state.state === 'upgrading' || state.state === 'starting' ? state.incoming : null
  const peer = active?.activePeer() ?? null
  const current = store.current()
  const previous = store.previous()
  const history = store.history()
  const all = [...draining, ...(active ? [active] : []), ...(incoming ? [incoming] : [])]
  return {
    app: settings.app,
    pid: process.pid,
    state: state.state,
    upgrading: state.state === 'upgrading',
    release: current && summaryOf(current),
    previous: previous && summaryOf(previous),
    generation: active?.number ?? generations,
    activePeer: active &&
      peer && { id: peer.id, pid: peer.pid, generation: active.number, release: summaryOf(active.release) },
    endpoints: endpoints.map(({ label }) => label),
    peers: (await Promise.all(all.map(generation => generation.describe()))).flat(),
    uptimeMs: Math.round(process.uptime() * 1000),
    parentMemory: process.memoryUsage.rss(),
    lastUpgrade: history.findLast(({ action }) => action === 'upgrade' || action === 'rollback') ?? null,
    history,
    stateDir: settings.stateDir,
  }
}
