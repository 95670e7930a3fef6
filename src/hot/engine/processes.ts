import { BeamDeployError } from '../../errors.ts'
import type { HotProcess, HotReason } from '../../rpc/hot-contracts.ts'
import type { DescribedProcess, ProcessTable } from '../../rpc/process-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import { type DefinitionSyntax, definitionsIn } from '../model/definitions.ts'
import type { Decision } from '../plan/decision.ts'
import { beforeOf, declarationOf, startOf, unitsOf } from '../plan/find-units.ts'
import { onlyRequires } from '../plan/requires.ts'
import { initialiserOf } from '../plan/slices.ts'
import type { Origin, WorldModule } from '../plan/world.ts'
import type { BuiltWorld } from './built-world.ts'
import { newVersionOf } from './new-version.ts'
import { heldBy, valueIn } from './running.ts'

/** A variable or export that holds the handle of a stateful process, and whose expression is evaluated anew. */
export interface Redefined {
  module: WorldModule
  unit: UnitPiece
  process: DescribedProcess
  /** What it is set to now. */
  handle(): unknown
}

/** The stateful processes of an upgrade. */
export interface Processes {
  /** Whether a unit is set to a handle by a call: that of `defineProcess`, or of what calls it. */
  isProcess(module: WorldModule, unit: UnitPiece): boolean
  redefined(decision: Decision): Redefined[]
  /** Whether a variable that held a process is one that defines the same process now. */
  isSame(from: Origin, to: Origin): boolean
  changed(decision: Decision): HotProcess[]
  /** Others that an earlier upgrade has left behind: they are taken along. */
  behind(changed: HotProcess[]): HotProcess[]
  /** Why processes cannot be taken along. */
  reasons(decision: Decision): HotReason[]
}

export function createProcesses(built: BuiltWorld, table: ProcessTable | null): Processes {
  const handleOf = (module: WorldModule, unit: UnitPiece): unknown => {
    const state = built.stateOf(module)
    const name = heldBy(unit.unit)
    return state && name !== undefined ? valueIn(state, name) : undefined
  }
  const describe = (module: WorldModule, unit: UnitPiece) => table?.describe(handleOf(module, unit)) ?? null

  function isProcess(module: WorldModule, unit: UnitPiece): boolean {
    if (table === null || !setByCall(unit) || onlyRequires(unit)) return false
    return describe(module, beforeOf(module, unit)) !== null
  }

  function redefined({ affected }: Decision): Redefined[] {
    return [...affected].flatMap(([unit, { module }]) => {
      const process = isProcess(module, unit) ? describe(module, beforeOf(module, unit)) : null
      return process ? [{ module, unit, process, handle: () => handleOf(module, unit) }] : []
    })
  }

  /** Living ones that are defined somewhere where nothing was before: by their names, as far as the text tells. */
  function moved(): { process: DescribedProcess; definition: DefinitionSyntax }[] {
    return built.changed.flatMap(({ after, difference, before }) => {
      if (after === null) return []
      const added = new Set(before === null ? unitsOf(after) : difference?.added)
      return definitionsIn(after).flatMap(definition => {
        const process = definition.name === null ? null : (table?.named(definition.name) ?? null)
        const inside = [...added].some(({ unit: { node } }) => isIn(definition.node, node))
        return process && inside ? [{ process, definition }] : []
      })
    })
  }

  function changed(decision: Decision): HotProcess[] {
    const found = new Map<string, HotProcess>()
    const add = ({ name, version, instances }: DescribedProcess, to: string | null) => {
      if (!found.has(name)) found.set(name, { name, from: version, to, instances })
    }
    for (const { module, unit, process } of redefined(decision)) add(process, newVersionOf(module, unit))
    for (const { process, definition } of moved()) add(process, definition.version)
    return [...found.values()]
  }

  function behind(others: HotProcess[]): HotProcess[] {
    const known = new Set(others.map(({ name }) => name))
    return (table?.behind() ?? []).flatMap(({ name, version, instances }) =>
      known.has(name) ? [] : [{ name, from: version, to: table?.named(name)?.version ?? null, instances }],
    )
  }

  function reasons(decision: Decision): HotReason[] {
    const kept = new Set(changed(decision).map(({ name }) => name))
    return built.changed.flatMap(module => [
      ...gone(module, decision, kept),
      ...renamed(module, decision),
      ...definedInside(module, kept),
    ])
  }

  /** Processes that live, and that nothing defines any more. */
  function gone(module: WorldModule, decision: Decision, kept: Set<string>): HotReason[] {
    const { before, after, difference } = module
    if (before === null) return []
    const others = difference?.units.filter(
      pair => !decision.affected.has(pair.after) || !isProcess(module, pair.after),
    )
    const units =
      after === null
        ? unitsOf(before)
        : [...(difference?.removed ?? []), ...(others ?? []).map(pair => pair.before)]
    return units.flatMap(unit => {
      if (!setByCall(unit) || onlyRequires(unit)) return []
      const process = describe(module, unit)
      if (!process || process.instances === 0 || kept.has(process.name)) return []
      return [
        {
          module: module.key,
          line: before.line(startOf(unit)),
          message: `process ${process.name} is not defined any more, and ${many(process.instances)} of it`,
          remedy: 'Stop it before the upgrade, or use `upgrade()`.',
          allow: null,
        },
      ]
    })
  }

  function renamed(module: WorldModule, decision: Decision): HotReason[] {
    const { after } = module
    return redefined(decision).flatMap(({ module: of, unit, process }) => {
      if (of !== module || after === null) return []
      const definition = definitionsIn(after).find(({ node }) => node === setByCall(unit))
      if (!definition || definition.name === null || definition.name === process.name) return []
      return [
        {
          module: module.key,
          line: after.line(startOf(unit)),
          message: `process ${process.name} has another name now, ${definition.name}, by which its state is not found`,
          remedy: 'Leave the name as it was, or use `upgrade()`.',
          allow: null,
        },
      ]
    })
  }

  /** Definitions that are made when a function is called: nothing makes them anew, unless a unit that is affected calls it. */
  function definedInside({ key, after, difference }: WorldModule, kept: Set<string>): HotReason[] {
    if (after === null || difference === null) return []
    const old = new Set(
      definitionsIn(difference.before).map(({ node }) => textIn(difference.before.text, node)),
    )
    const functions = difference.functions.map(pair => pair.after.code.node)
    return definitionsIn(after).flatMap(({ name, node }) => {
      const process = name === null ? null : (table?.named(name) ?? null)
      if (!process || kept.has(process.name) || old.has(textIn(after.text, node))) return []
      if (!functions.some(each => isIn(node, each))) return []
      return [
        {
          module: key,
          line: after.line(node.start),
          message: `the definition of process ${process.name} changed, and it is made in a function, which is not called anew`,
          remedy: 'Define it at the top of a module, or use `upgrade()`.',
          allow: null,
        },
      ]
    })
  }

  function isSame(from: Origin, to: Origin): boolean {
    if (from.kind !== 'variable' || to.kind !== 'variable' || to.module.after === null) return false
    const state = built.stateOf(from.module)
    const process = (state && table?.describe(valueIn(state, from.local))) ?? null
    const declaration = declarationOf(to.module.after, to.local)
    const call = declaration && setByCall(declaration)
    const definition = definitionsIn(to.module.after).find(({ node }) => node === call)
    return process !== null && definition?.name === process.name
  }

  return { isProcess, redefined, isSame, changed, behind, reasons }
}

/** @throws where something that is evaluated anew gives another process than before: nobody could find the one that lives. */
export function checkHandles(redefined: Redefined[], table: ProcessTable | null): void {
  for (const { module, process, handle } of redefined) {
    const now = table?.describe(handle())?.name
    if (now === process.name) continue
    throw new BeamDeployError(
      'hot_upgrade_failed',
      `${module.key}: what was process ${process.name} is ${now === undefined ? 'no process' : `process ${now}`} now, and all is as before. Leave its name as it was, or use upgrade()`,
      { phase: 'commit' },
    )
  }
}

/** The call that a unit's variable, or export, is set to. */
function setByCall(unit: UnitPiece) {
  const value = initialiserOf(unit)
  return value?.type === 'CallExpression' ? value : null
}

interface Range {
  start: number
  end: number
}

const isIn = (inner: Range, outer: Range) => inner.start >= outer.start && inner.end <= outer.end
const textIn = (text: string, { start, end }: Range) => text.slice(start, end)
const many = (instances: number) => (instances === 1 ? '1 lives' : `${instances} live`)
