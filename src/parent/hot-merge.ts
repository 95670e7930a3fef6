import type { HotModule, HotProcess, HotUpgradeStats, UpgradePlan } from '../rpc/hot-contracts.ts'

/** From the one that takes least to the one that takes most. */
const VERDICTS = ['hot', 'blue-green', 'restart'] as const

/** What has to be for all: every reason of any, once. Processes that several peers have count in each. */
export function mergePlans(first: UpgradePlan, ...others: UpgradePlan[]): UpgradePlan {
  const plans = [first, ...others]
  return {
    release: first.release,
    verdict: VERDICTS.findLast(verdict => plans.some(plan => plan.verdict === verdict)) ?? 'hot',
    reasons: distinct(plans.flatMap(({ reasons }) => reasons)),
    modules: mergeModules(plans.map(({ modules }) => modules)),
    processes: mergeProcesses(plans.map(({ processes }) => processes)),
    skippedNativeModules: distinct(plans.flatMap(plan => plan.skippedNativeModules)),
    notes: distinct(plans.flatMap(({ notes }) => notes)),
  }
}

/** What the upgrades of several processes were together: of stateful processes and bytes the sum, of durations the longest. */
export function mergeStats(first: HotUpgradeStats, ...others: HotUpgradeStats[]): HotUpgradeStats {
  const all = [first, ...others]
  const sum = (key: NumberKey) => all.reduce((total, stats) => total + stats[key], 0)
  const most = (key: NumberKey) => Math.max(...all.map(stats => stats[key]))
  return {
    release: first.release,
    // Peers differ in these where one has loaded a module that another has not needed yet.
    copiedModules: most('copiedModules'),
    newModules: most('newModules'),
    modulesReloaded: most('modulesReloaded'),
    moduleNames: distinct(all.flatMap(stats => stats.moduleNames)),
    processesSucceeded: sum('processesSucceeded'),
    processesFailed: sum('processesFailed'),
    processesSkipped: sum('processesSkipped'),
    processFailures: all.flatMap(stats => stats.processFailures),
    processNames: distinct(all.flatMap(stats => stats.processNames)),
    skippedNativeModules: distinct(all.flatMap(stats => stats.skippedNativeModules)),
    suspendDurationMs: most('suspendDurationMs'),
    swapDurationMs: most('swapDurationMs'),
    durationMs: most('durationMs'),
    modules: mergeModules(all.map(stats => stats.modules)),
    notes: distinct(all.flatMap(({ notes }) => notes)),
    oldCodeBytes: sum('oldCodeBytes'),
  }
}

type NumberKey = {
  [Key in keyof HotUpgradeStats]: HotUpgradeStats[Key] extends number ? Key : never
}[keyof HotUpgradeStats]

function mergeModules(lists: HotModule[][]): HotModule[] {
  const merged = new Map<string, HotModule>()
  for (const module of lists.flat()) {
    const known = merged.get(module.module)
    merged.set(module.module, known ? both(known, module) : module)
  }
  return [...merged.values()]
}

const both = (one: HotModule, other: HotModule): HotModule => ({
  ...one,
  replaced: distinct([...one.replaced, ...other.replaced]),
  kept: distinct([...one.kept, ...other.kept]),
  evaluated: distinct([...one.evaluated, ...other.evaluated]),
})

function mergeProcesses(lists: HotProcess[][]): HotProcess[] {
  const merged = new Map<string, HotProcess>()
  for (const found of lists.flat()) {
    const key = JSON.stringify([found.name, found.from, found.to])
    const known = merged.get(key)
    merged.set(key, known ? { ...known, instances: known.instances + found.instances } : found)
  }
  return [...merged.values()]
}

const distinct = <T>(items: T[]): T[] => [
  ...new Map(items.map(item => [JSON.stringify(item), item])).values(),
]
