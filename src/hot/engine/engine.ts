import { realpathSync } from 'node:fs'
import { now } from '../../clock.ts'
import { BeamDeployError } from '../../errors.ts'
import type { HotFunctions, HotRequest, HotUpgradeStats, UpgradePlan } from '../../rpc/hot-contracts.ts'
import { PROCESS_GLOBAL, type ProcessTable, type Staging } from '../../rpc/process-contracts.ts'
import { unpack } from '../../rpc/values.ts'
import { loadAccepted } from './accepted.ts'
import { findArities } from './arities.ts'
import { keptClosures } from './closures.ts'
import { commit } from './commit.ts'
import { completeInstances } from './complete-instances.ts'
import type { Context } from './context.ts'
import { codeChangeFailed, effectsOf } from './failed-evaluation.ts'
import { rememberCode } from './former-code.ts'
import { keptGone } from './kept-gone.ts'
import { createLinkedFacades } from './linked-facades.ts'
import { livingModules } from './living.ts'
import { loadOutside } from './outside.ts'
import { isEnded } from './own-replacement.ts'
import { prepare } from './prepare.ts'
import type { Prepared } from './prepared.ts'
import { checkCallbacks, createProgress, type Progress, undo, undoneError } from './progress.ts'
import { removedClassReasons } from './removed-classes.ts'
import { createRunning } from './running.ts'
import { watchLoading } from './spent.ts'

type EngineState =
  | { state: 'idle' }
  | { state: 'prepared'; prepared: Prepared }
  | { state: 'committing' }
  /** Code is replaced; the changed processes wait. */
  | {
      state: 'committed'
      prepared: Prepared
      progress: Progress
      staging: Staging | null
      stats: HotUpgradeStats
      suspendedAt: number
    }

/** The engine of a process with hot loading: one upgrade at a time, in steps. */
export function createEngine(parts: Omit<Context, 'living' | 'linked' | 'processes'>): HotFunctions {
  const { application, registry, startup } = parts
  const context: Context = {
    ...parts,
    living: livingModules(registry, application, startup),
    linked: createLinkedFacades(),
    processes: () => (globalThis as { [PROCESS_GLOBAL]?: ProcessTable })[PROCESS_GLOBAL] ?? null,
  }
  let state: EngineState = { state: 'idle' }
  let upgrades = 0
  let oldCodeBytes = 0
  let release = application.release
    ? { id: application.release.id, version: application.release.version }
    : { id: application.root, version: '' }

  async function commitPrepared(prepared: Prepared): Promise<Extract<EngineState, { state: 'committed' }>> {
    const loading = watchLoading(prepared, context)
    const outside = await loadOutside(prepared, registry).catch((error: unknown) => {
      loading.spend()
      throw error
    })
    const namespaces = await loadAccepted(prepared)
    const arities = await findArities(prepared)
    startup.end()
    const { request, changing } = prepared
    const staging = context.processes()?.stage() ?? null
    const suspendedAt = now()
    const progress = createProgress(loading)
    let isSwapped = false
    try {
      await completeInstances(prepared, progress.journal)
      const suspended = await staging?.suspend(changing, request.suspendTimeoutMs)
      const swapAt = now()
      const asItWas = rememberCode(prepared)
      commit(prepared, context, { outside, namespaces, arities }, progress)
      isSwapped = true
      staging?.swap(asItWas)
      const swapDurationMs = now() - swapAt
      await completeInstances(prepared, progress.journal)
      const notes = await checkCallbacks(progress, prepared.again, request.suspendTimeoutMs)
      const extra = request.extra ? unpack(request.extra) : undefined
      const migrated = await staging?.migrate(extra, request.onCodeChangeError)
      if (migrated && migrated.failed.length > 0 && request.onCodeChangeError === 'revert')
        throw codeChangeFailed(migrated.failed, prepared.redefined)
      const stats = statsOf(prepared, { swapDurationMs, suspended, migrated, notes })
      return { state: 'committed', prepared, progress, staging, stats, suspendedAt }
    } catch (error) {
      const lasting = progress.done.filter(({ module, unit }) => !isEnded(module, unit, prepared))
      const begun = [...lasting, ...loading.units()]
      const effects = effectsOf(begun, createRunning(prepared.built, context.living))
      const undoing = undo(progress, request.suspendTimeoutMs)
      if (isSwapped) staging?.undo()
      staging?.end()
      throw undoneError(error, [...(await undoing), ...effects], request.release.version)
    }
  }

  return {
    prepareHot: async (request: HotRequest): Promise<UpgradePlan> => {
      if (state.state === 'committing' || state.state === 'committed') throw busy()
      state = { state: 'idle' }
      const prepared = await prepare({ ...request, dir: realpathSync(request.dir) }, context)
      await refuseKept(prepared, context)
      state = { state: 'prepared', prepared }
      return prepared.plan
    },
    commitHot: async () => {
      if (state.state !== 'prepared' || state.prepared.plan.verdict !== 'hot')
        throw new BeamDeployError('internal', 'there is no hot upgrade to commit', { phase: 'commit' })
      const { prepared } = state
      state = { state: 'committing' }
      try {
        state = await commitPrepared(prepared)
        return state.stats
      } catch (error) {
        state = { state: 'idle' }
        throw error
      }
    },
    settleHot: async () => {
      if (state.state !== 'committed') throw notCommitted()
      const { staging, stats, prepared, suspendedAt } = state
      staging?.end()
      const resumedAt = now()
      upgrades += 1
      oldCodeBytes += [...prepared.compiled.values()].reduce(
        (sum, { patches }) => sum + patches.reduce((bytes, { patch }) => bytes + patch.code.length, 0),
        0,
      )
      release = prepared.request.release
      state = { state: 'idle' }
      context.living.forgetPatches()
      return {
        ...stats,
        suspendDurationMs: stats.processNames.length > 0 ? resumedAt - suspendedAt : 0,
        oldCodeBytes,
      }
    },
    revertHot: async () => {
      if (state.state !== 'committed') return
      const { progress, staging, prepared } = state
      const { request } = prepared
      state = { state: 'idle' }
      const undoing = undo(progress, request.suspendTimeoutMs)
      staging?.undo()
      staging?.end()
      const failures = await undoing
      if (failures.length > 0)
        throw undoneError(new Error('it was taken back'), failures, request.release.version)
    },
    discardHot: async () => {
      if (state.state === 'prepared') state = { state: 'idle' }
    },
    hotSummary: () => ({ upgrades, oldCodeBytes, release }),
  }
}

/** What cannot be followed may be kept by nobody. */
async function refuseKept(prepared: Prepared, context: Context): Promise<void> {
  const { plan, assemblies, request, built, gone } = prepared
  if (plan.verdict !== 'hot') return
  const table = context.processes()
  const isAllowed = (allow: string | null) => allow !== null && request.allow.includes(allow)
  const replaced = new Set<unknown>(plan.processes.flatMap(({ name }) => table?.functionsOf(name) ?? []))
  for (const { successors } of assemblies.values()) successors.forEach(each => void replaced.add(each))
  const stranded = [...assemblies.values()].flatMap(each => each.stranded)
  const reasons = [
    ...(await keptClosures(stranded, replaced)),
    ...(await removedClassReasons(built, createRunning(built, context.living))),
  ]
  const named = new Set(reasons.map(({ allow }) => allow))
  const parts = gone.filter(({ allow }) => !isAllowed(allow) && !named.has(allow))
  reasons.push(...(await keptGone(prepared, parts, replaced, context)))
  plan.reasons.push(...reasons.filter(({ allow }) => !isAllowed(allow)))
  if (plan.reasons.length > 0) plan.verdict = 'blue-green'
}

interface Outcome {
  swapDurationMs: number
  suspended: Awaited<ReturnType<Staging['suspend']>> | undefined
  migrated: Awaited<ReturnType<Staging['migrate']>> | undefined
  notes: string[]
}

function statsOf(
  prepared: Prepared,
  { swapDurationMs, suspended, migrated, notes }: Outcome,
): HotUpgradeStats {
  const { plan, built, request, compiled } = prepared
  const skipped = suspended?.skipped ?? []
  const failed = [...(migrated?.failed ?? []), ...(migrated?.stillBehind ?? [])]
  return {
    release: request.release,
    copiedModules: built.changed.length,
    newModules: plan.modules.filter(({ change }) => change === 'new').length,
    modulesReloaded: compiled.size,
    moduleNames: plan.modules.map(({ module }) => module),
    processesSucceeded: migrated?.succeeded ?? 0,
    processesFailed: failed.length,
    processesSkipped: skipped.length,
    processFailures: [...skipped, ...failed],
    processNames: plan.processes.map(({ name }) => name),
    skippedNativeModules: plan.skippedNativeModules,
    suspendDurationMs: 0,
    swapDurationMs,
    durationMs: 0,
    modules: plan.modules,
    notes: [...plan.notes, ...notes],
    oldCodeBytes: 0,
  }
}

const busy = () =>
  new BeamDeployError('upgrade_in_progress', 'another hot upgrade is under way in this process', {
    phase: 'plan',
  })

const notCommitted = () =>
  new BeamDeployError('internal', 'no hot upgrade has been committed', { phase: 'commit' })
