import { setTimeout as pause } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { Code } from '../syntax/code.ts'
import { isAtRest } from './at-rest.ts'
import { functionsOf, PATIENCE_MS } from './closures.ts'
import type { Context } from './context.ts'
import type { GonePart } from './gone-parts.ts'
import { SOMEBODY } from './heap-path.ts'
import { holdersOf } from './heap-search.ts'
import { letGoBy } from './let-go.ts'
import type { Prepared } from './prepared.ts'

/** Up to what size a heap is searched, in bytes: of a larger one that would take too long. */
const LARGEST_HEAP = 100_000_000
/** How much memory a search takes at most, for each byte of the heap. */
const MEMORY_FACTOR = 12

const UNTOLD = 'somebody, for all that can be told: the heap is too large to be searched'

function canBeRead(): boolean {
  const { used_heap_size: used } = getHeapStatistics()
  return used <= LARGEST_HEAP && used * MEMORY_FACTOR <= process.availableMemory()
}

/**
 * Which functions that are gone somebody has kept by themselves, as reasons why not. What has them now and lets go of them with the upgrade
 * does not count, nor does what is in progress.
 *
 * @param replaced functions that the upgrade itself puts others in the place of.
 */
export async function keptGone(
  prepared: Prepared,
  parts: GonePart[],
  replaced: ReadonlySet<unknown>,
  context: Context,
): Promise<HotReason[]> {
  const byMarker = new Map<string, GonePart>()
  const ours = new Set(replaced)
  for (const part of parts)
    for (const code of part.codes) {
      for (const { successor } of part.module.recordOf(code.slot).targets) ours.add(successor)
      for (const marker of markersOf(part, code)) byMarker.set(marker, part)
    }
  if (byMarker.size === 0) return []
  const look = async () => {
    const functions: object[] = []
    const owners: GonePart[] = []
    await functionsOf(byMarker, ours, (closure, part) => {
      functions.push(closure)
      owners.push(part)
    })
    const found = new Map<GonePart, string[]>()
    if (functions.length === 0) return found
    const holders = canBeRead()
      ? await holdersOf(functions, letGoBy(prepared, context))
      : functions.map(() => UNTOLD)
    for (const [index, part] of owners.entries()) {
      const holder = holders[index]
      if (typeof holder === 'string') found.set(part, [...(found.get(part) ?? []), holder])
    }
    return found
  }
  const wasAtRest = isAtRest()
  let kept = await look()
  if (kept.size > 0 && !wasAtRest) {
    // As long as that of a request that is being answered may take.
    await pause(PATIENCE_MS)
    kept = await look()
  }
  return [...kept].map(([part, holders]) => reasonOf(part, holders))
}

function markersOf({ module }: GonePart, { kind, slot }: Code): string[] {
  const own = module.recordOf(slot).targets.map(({ marker }) => marker())
  return kind === 'class' ? [...own, ...module.classOf(slot).texts.map(({ marker }) => marker())] : own
}

function reasonOf({ module, line, what, allow }: GonePart, holders: string[]): HotReason {
  const holder = holders.find(each => each !== SOMEBODY) ?? SOMEBODY
  const more = holders.length > 1 ? ` (and ${holders.length - 1} more of what was there)` : ''
  return {
    module: module.key,
    line,
    message: `${what} is gone, and would go on with the old code, since it is kept by ${holder}${more}`,
    remedy: 'Leave it under its name, or use `upgrade()`.',
    allow,
  }
}
