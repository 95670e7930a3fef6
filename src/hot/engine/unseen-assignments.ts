import type { HotReason } from '../../rpc/hot-contracts.ts'
import { holdsDefault } from '../apply/compile.ts'
import { DEFAULT } from '../model/units.ts'
import { exportsIn, type WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import type { ExportChange } from './export-changes.ts'
import { exportNameOf, isAssigned } from './facades.ts'

/** Variables that were there already, are exported now, and are assigned by functions: nothing would tell importers. */
export const unseenAssignments = (built: BuiltWorld, changes: Map<WorldModule, ExportChange>): HotReason[] =>
  [...changes].flatMap(([module, change]) => [...unseenIn(module, change, built)])

function* unseenIn(
  module: WorldModule,
  { before, after }: ExportChange,
  built: BuiltWorld,
): Generator<HotReason> {
  const state = built.stateOf(module)
  if (state === null || module.after === null) return
  for (const [name, exported] of exportsIn(module.after).named) {
    if (exported.from !== 'here' || before.names.has(name) || !after.names.has(name)) continue
    const { local } = exported
    const isThere = local === DEFAULT ? holdsDefault(state.base()) : state.base().parsed.scope.set.has(local)
    if (!isThere || state.annexNames.has(local) || !isAssigned(module, local)) continue
    if (exportNameOf(state.base(), local) !== null) continue
    const declared = module.after.parsed.scope.set.get(local)?.defs[0]?.name as { start: number } | undefined
    yield {
      module: module.key,
      line: module.after.line(declared?.start ?? 0),
      message: `\`${local}\` was there already, is exported now, and functions assign it: modules that import it would not see that`,
      remedy: 'Export a function that gives its value, or use `upgrade()`.',
      allow: `${module.key}:${local}`,
    }
  }
}
