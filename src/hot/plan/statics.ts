import type { AnyNode } from 'acorn'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import { definedBy } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { childrenOf, walk } from '../syntax/parse.ts'
import { accessesOf } from './accesses.ts'
import { isAsDeclared, isObject } from './as-declared.ts'
import { evaluatedIn } from './changes.ts'
import type { ChangedStatic, World } from './decision.ts'
import { beforeOf } from './find-units.ts'
import type { Known } from './how-kept.ts'
import { heldBy } from './live-state.ts'
import { isPrinted } from './prints.ts'
import { readsOf } from './reads.ts'
import type { Running } from './running.ts'
import { exportKey, keyFor, type WorldModule } from './world.ts'

/** The static fields that change in a module, each of a class that a statement gives a name to. */
export function changedStatics(module: WorldModule): ChangedStatic[] {
  return (module.difference?.classes ?? []).flatMap(({ after, unit, statics, evaluatesOther }) =>
    evaluatesOther || definedBy(unit) !== after
      ? []
      : statics.map(change => ({
          ...change,
          module,
          unit,
          name: change.after?.name ?? change.before?.name ?? '',
        })),
  )
}

/** Why static fields of living classes cannot be set anew: what they hold may be live state. */
export function staticReasons(module: WorldModule, running: Running): HotReason[] {
  const { after: model } = module
  return changedStatics(module).flatMap(change => {
    const why = whyKept(change, running)
    if (why === null || model === null) return []
    const { unit, name, after } = change
    const line = model.line(after?.node.start ?? unit.unit.node.start)
    const [className = ''] = unit.unit.names
    const message = `the static field \`${name}\` of \`${className}\` ${why}`
    const remedy = 'Leave its declaration as it was, or use `upgrade()`.'
    return [{ module: module.key, line, message, remedy, allow: `${module.key}:${className}.${name}` }]
  })
}

function whyKept({ module, unit, name, before, after }: ChangedStatic, running: Running): string | null {
  const living = running.value(module, beforeOf(module, unit).unit.names[0] ?? '')
  if (typeof living !== 'function') return 'is of a class that cannot be found'
  const held = Object.getOwnPropertyDescriptor(living, name)
  if (after && usesSuper(after.node)) return 'uses `super`, or private names'
  if (before === null) return held ? 'is new, and the class has such a property' : null
  if (!held?.configurable || !('value' in held)) return 'is no field any more'
  const { value } = before.node
  const isSame =
    value === null || value === undefined
      ? held.value === undefined
      : isAsDeclared(value, held.value, variable => heldBy(module, variable, running))
  if (isSame === null && !isObject(held.value) && !isAssigned(module, name, running)) return null
  return isSame === true
    ? null
    : 'may hold live state, since it is not known to be as it was declared, and would start anew'
}

/** Whether anybody who can have the class assigns a property of that name, or one whose name is worked out. */
function isAssigned(module: WorldModule, name: string, { usersOf }: Known): boolean {
  return [...usersOf(module)].some(({ before }) => {
    let found = false
    if (before)
      walk(before.parsed.program, node => {
        const target =
          node.type === 'AssignmentExpression'
            ? node.left
            : node.type === 'UpdateExpression'
              ? node.argument
              : null
        if (target?.type === 'MemberExpression') {
          const { property, computed } = target
          found ||= computed
            ? property.type !== 'Literal' || property.value === name
            : 'name' in property && property.name === name
        }
        return !found
      })
    return found
  })
}

function usesSuper(node: AnyNode): boolean {
  let found = false
  walk(node, inner => {
    if (inner.type === 'Super' || inner.type === 'PrivateIdentifier') found = true
    return true
  })
  return found
}

/**
 * A static field that is set anew, and that a statement may have asked for when it was evaluated: by its name, whatever it asked; or by being
 * given the class.
 */
export function staticAsked(
  world: World,
  statics: ChangedStatic[],
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
): ChangedStatic | null {
  if (statics.length === 0) return null
  const own = statics.flatMap(({ unit: of, after }) => (of === unit && after ? [after.node as AnyNode] : []))
  for (const { node, model: of } of [
    { node: unit.unit.node, model },
    ...world.codeThatRan(module, beforeOf(module, unit)),
  ]) {
    const asked = new Set<string>()
    noteAsked(of, node, own, asked)
    const found = statics.find(({ name }) => asked.has(name))
    if (found) return found
  }
  return statics.find(each => isGiven(each, module, model, unit)) ?? null
}

/** Without the functions in it, fields of instances, and what changes itself. */
export function noteAsked(model: Model, node: AnyNode, except: AnyNode[], asked: Set<string>): void {
  if (node.type.includes('Function') || except.includes(node) || isPrinted(model, node.start)) return
  if (node.type === 'PropertyDefinition' && !node.static) return
  if (node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier')
    asked.add(node.property.name)
  if (node.type === 'Literal' && typeof node.value === 'string') asked.add(node.value)
  if (node.type === 'ObjectPattern')
    for (const property of node.properties)
      if (property.type === 'Property' && property.key.type === 'Identifier') asked.add(property.key.name)
  for (const child of childrenOf(node)) noteAsked(model, child, except, asked)
}

/** Whether a statement calls something that may have been given the class. One that extends it finds what it has now. */
function isGiven(
  { module: owner, unit: of }: ChangedStatic,
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
): boolean {
  if (unit === of || !calls(unit.unit.node)) return false
  const [name = ''] = of.unit.names
  const keys = new Set<string>([keyFor(owner, name), ...of.unit.exports.map(each => exportKey(owner, each))])
  const extended = definedBy(unit)
  const heritage = extended?.kind === 'class' ? extended.code.node.superClass?.start : undefined
  return evaluatedIn(unit)
    .flatMap(piece => readsOf(model, piece))
    .some(
      read =>
        read.end === 'read' &&
        read.offset !== heritage &&
        accessesOf(module, model, read).some(({ key, depth }) => keys.has(key) && depth === read.path.length),
    )
}

function calls(node: AnyNode): boolean {
  let found = false
  walk(node, inner => {
    if (/^(?:Call|New|TaggedTemplate)Expression$|Pattern$|^ForIn/.test(inner.type)) found = true
    return !found && !inner.type.includes('Function')
  })
  return found
}
