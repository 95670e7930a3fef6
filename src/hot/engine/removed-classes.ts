import type { HotReason } from '../../rpc/hot-contracts.ts'
import { unitsOf } from '../plan/find-units.ts'
import { reasonFor } from '../plan/reasons.ts'
import type { Running } from '../plan/running.ts'
import { initialiserOf } from '../plan/slices.ts'
import type { BuiltWorld } from './built-world.ts'
import { livingInstances } from './closures.ts'

/** Classes that are gone, and of which instances live: there is no new code for those. */
export async function removedClassReasons(built: BuiltWorld, running: Running): Promise<HotReason[]> {
  const reasons: HotReason[] = []
  for (const module of built.changed) {
    const { before, difference } = module
    if (before === null) continue
    for (const unit of difference?.removed ?? (module.after === null ? unitsOf(before) : [])) {
      const { kind, names, node } = unit.unit
      const value = kind === 'definition' ? node : initialiserOf(unit)
      const [name] = names
      if (!value?.type.startsWith('Class') || name === undefined) continue
      const living = running.value(module, name)
      const prototype: unknown = typeof living === 'function' ? living.prototype : null
      if (typeof prototype !== 'object' || prototype === null) continue
      const count = await livingInstances(prototype)
      if (count === 0) continue
      const what = `is gone, and ${count === 1 ? 'one instance' : `${count} instances`} of it would go on with the old code`
      reasons.push(reasonFor(module, before, unit, what, 'Leave it under its name, or use `upgrade()`.'))
    }
  }
  return reasons
}
