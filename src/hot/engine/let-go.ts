import type { Assembly } from '../apply/assembly.ts'
import { livingClass } from '../apply/living-class.ts'
import { keyOf } from '../apply/member-keys.ts'
import type { UnitPiece } from '../diff/match.ts'
import { namesFor } from '../instrument/names.ts'
import { WHOLE } from '../model/exports.ts'
import { DEFAULT } from '../model/units.ts'
import { isObject, partsOf } from '../plan/as-declared.ts'
import { beforeOf, unitsOf } from '../plan/find-units.ts'
import { propertySetBy } from '../plan/set-properties.ts'
import { exportsIn, type WorldModule } from '../plan/world.ts'
import type { Context } from './context.ts'
import type { LetGo, PropertiesLetGo } from './heap-search.ts'
import type { LivingState } from './living.ts'
import type { Prepared } from './prepared.ts'
import { valueIn } from './running.ts'

/** All variables and properties that hold something else, or are gone, when the upgrade is done. */
export function letGoBy(prepared: Prepared, { linked, living }: Context): LetGo {
  const { built, evaluated, assemblies } = prepared
  const letGo: LetGo = { scopes: [], properties: [] }
  for (const assembly of assemblies.values()) letGo.properties.push(...membersLetGo(assembly))
  for (const module of new Set([...built.changed, ...evaluated.keys()])) {
    const state = built.stateOf(module)
    if (state?.loaded.living) letGoOfModule(module, state, prepared, letGo)
    const { exported } = letGo.scopes.at(-1) ?? { exported: new Set<string>() }
    for (const { key, setters } of linked.all)
      if (key === module.key)
        for (const inside of setters) letGo.scopes.push({ inside, names: new Set(), exported })
  }
  // Layers of statements that are gone, or run anew, make room for others.
  const units = new Set([
    ...prepared.decision.unlayered.map(({ unit }) => unit),
    ...[...evaluated].flatMap(([module, again]) => again.map(unit => beforeOf(module, unit))),
  ])
  for (const { before } of prepared.decision.relayered.values())
    for (const [unit, layers] of before)
      if (units.has(unit)) for (const object of layers) letGo.properties.push({ object, names: 'all' })
  // What patches look up in place of what their module imports is what that has by then.
  for (const { imports } of living.states.values()) letGo.properties.push({ object: imports, names: 'all' })
  return letGo
}

/** Members that go, and static fields that go or are set anew. */
function membersLetGo({ removedMembers, removedStatics, installations }: Assembly): PropertiesLetGo[] {
  const members = removedMembers.map(({ home, member }) => {
    const { node } = member
    const target = livingClass(home)
    const key = keyOf(member)
    const name = typeof key === 'symbol' ? `<symbol ${key.description}>` : String(key)
    const accessor = node.kind === 'get' || node.kind === 'set' ? `${node.kind} ` : ''
    return { object: node.static ? target : target.prototype, names: new Set([`${accessor}${name}`]) }
  })
  const setAnew = installations.flatMap(each => (each.do === 'static' ? [each] : []))
  const statics = [...removedStatics, ...setAnew].map(({ home, field: { name } }) => ({
    object: livingClass(home),
    names: new Set([name]),
  }))
  return [...members, ...statics]
}

/** What statements have set on functions and classes that live, and do not set any more, or anew. */
function setPropertiesLetGo(units: UnitPiece[], state: LivingState): PropertiesLetGo[] {
  return units.flatMap(unit => {
    const set = propertySetBy(unit)
    const [object] = (set && partsOf(valueIn(state, set.root), set.path)) ?? []
    return set && isObject(object) ? [{ object, names: new Set([set.name]) }] : []
  })
}

function letGoOfModule(
  module: WorldModule,
  state: LivingState,
  { evaluated, decision }: Prepared,
  { scopes, properties }: LetGo,
): void {
  const { loaded, annex } = state
  const { before, difference } = module
  const gone = difference?.removed ?? (module.after === null ? unitsOf(before) : [])
  const again = (evaluated.get(module) ?? []).flatMap(unit => [unit, beforeOf(module, unit)])
  const units: UnitPiece[] = [...gone, ...again]
  const variables = new Set(units.flatMap(({ unit: { kind, names } }) => (kind === 'export' ? [] : names)))
  const held = variables.has(DEFAULT) ? [namesFor(loaded.text()).defaultExport] : []
  const exports = new Set([
    ...units.flatMap(({ unit }) => unit.exports),
    ...decision.removedExports.flatMap(each => (each.module === module ? [each.name] : [])),
  ])
  const named = before === null ? [] : [...exportsIn(before).named]
  const exported = named.flatMap(([name, each]) =>
    each.from === 'here' && variables.has(each.local) ? [name] : [],
  )
  scopes.push({
    inside: loaded.living?.door,
    names: new Set([...variables, ...held]),
    exported: new Set([...exported, ...exports]),
  })
  const kept = [...variables].map(name => (name === DEFAULT ? 'default' : name))
  const accessors = kept.flatMap(name => [name, `get ${name}`, `set ${name}`])
  properties.push({ object: annex, names: new Set(accessors) }, ...setPropertiesLetGo(units, state))
  const inside = loaded.living?.inside
  if (inside === undefined || !('exports' in inside) || exports.size === 0) return
  const whole: unknown = inside.exports
  const isObject = (typeof whole === 'object' && whole !== null) || typeof whole === 'function'
  if (isObject) properties.push(ofExports(whole, exports))
  if (exports.has(WHOLE)) properties.push({ object: inside, names: new Set(['exports']) })
}

/** The object itself is given what is exported by then. */
const ofExports = (object: object, exports: ReadonlySet<string>): PropertiesLetGo => ({
  object,
  names: exports.has(WHOLE)
    ? 'all'
    : new Set([...exports].flatMap(name => [name, `get ${name}`, `set ${name}`])),
})
