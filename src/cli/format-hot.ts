import type { HotModule, HotProcess, HotUpgradeReport, UpgradePlan } from '../rpc/hot-contracts.ts'
import { describeReasons } from '../rpc/incompatible-change.ts'
import { formatDuration } from './duration.ts'
import { formatBytes } from './format-bytes.ts'

/** What a hot upgrade did, in a line. */
export function titleOfHotReport({ app, release, previous, durationMs, peers }: HotUpgradeReport): string {
  const where = peers.length === 1 ? `process ${peers[0]}` : `processes ${peers.join(', ')}`
  return `${app} ${release.version} has replaced ${previous.version} in ${where} after ${formatDuration(durationMs)}`
}

/** The same, in full. */
export function formatHotReport(report: HotUpgradeReport): string {
  const { modules, skippedNativeModules, notes, oldCodeBytes } = report
  return lines([
    ...section('modules', describeModules(modules)),
    ...section('stateful processes', describeMigration(report)),
    ...section('native addons that stay as they were', skippedNativeModules),
    ...section('notes', notes),
    ...(oldCodeBytes > 0 ? [`${formatBytes(oldCodeBytes)} of old code stay in memory`] : []),
  ])
}

/** A plan for people: the verdict first. `archive` as it was named. */
export function formatPlan(plan: UpgradePlan, archive: string): string {
  const { release, reasons, modules, processes, skippedNativeModules, notes } = plan
  return lines([
    `${plan.verdict}: ${release.version} (${release.id}) ${meaningOf(plan, archive)}`,
    ...(reasons.length > 0 ? ['reasons', ...describeReasons(reasons)] : []),
    ...section('modules', describeModules(modules)),
    ...section('stateful processes to migrate', processes.map(describeProcess)),
    ...section('native addons that would stay as they are', skippedNativeModules),
    ...section('notes', notes),
  ])
}

function meaningOf({ verdict }: UpgradePlan, archive: string): string {
  switch (verdict) {
    case 'hot':
      return `can replace the code of the running processes: beam-deploy hot-upgrade ${archive}`
    case 'blue-green':
      return `takes new processes: beam-deploy upgrade ${archive}`
    case 'restart':
      return 'is configured for another parent: what belongs to the parent takes effect when it is started anew'
    default: {
      const unreachable: never = verdict
      return String(unreachable)
    }
  }
}

const lines = (all: string[]) => all.map(line => `${line}\n`).join('')

const section = (title: string, items: string[]) =>
  items.length > 0 ? [title, ...items.map(item => `  ${item}`)] : []

const describeModules = (modules: HotModule[]) =>
  modules.flatMap(({ module, change, replaced, kept, evaluated }) => [
    change === 'changed' ? module : `${module} (${change})`,
    ...named('replaced', replaced),
    ...named('kept', kept),
    ...named('evaluated anew', evaluated),
  ])

const named = (what: string, names: string[]) =>
  names.length > 0 ? [`  ${what.padEnd(14)} ${names.join(', ')}`] : []

const describeProcess = ({ name, from, to, instances }: HotProcess) =>
  `${name}: ${from} to ${to ?? 'another version'}, ${instances === 1 ? '1 lives' : `${instances} live`}`

function describeMigration(report: HotUpgradeReport): string[] {
  const { processesSucceeded, processesFailed, processesSkipped, processFailures, processNames } = report
  if (processNames.length === 0) return []
  const suspended = formatDuration(report.suspendDurationMs)
  return [
    `${processNames.join(', ')}: ${processesSucceeded} migrated, ${processesFailed} failed, ${processesSkipped} skipped; suspended for ${suspended}`,
    ...processFailures.map(({ name, message }) => `  ${name}: ${message}`),
  ]
}
