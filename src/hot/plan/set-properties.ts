import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { isAsDeclared, isObject, partsOf } from './as-declared.ts'
import type { Decision, World } from './decision.ts'
import { beforeOf, unitsOf } from './find-units.ts'
import { heldBy } from './live-state.ts'
import type { Running } from './running.ts'
import { isFunction } from './text-index.ts'
import type { WorldModule } from './world.ts'

/** A statement that sets a property of a function, or of what that has: `Room.limit = 5`, `Room.prototype.open = function () { … }`. */
interface SetProperty {
  root: string
  /** From there to what the property is of. */
  path: string[]
  name: string
  value: AnyNode
}

export function propertySetBy({ unit: { kind, node } }: UnitPiece): SetProperty | null {
  const set = kind === 'effect' && node.type === 'ExpressionStatement' ? node.expression : null
  if (set?.type !== 'AssignmentExpression' || set.operator !== '=') return null
  const path: string[] = []
  let target: AnyNode = set.left
  while (target.type === 'MemberExpression' && !target.computed && target.property.type === 'Identifier') {
    path.unshift(target.property.name)
    target = target.object
  }
  const name = path.pop()
  if (target.type !== 'Identifier' || name === undefined) return null
  return { root: target.name, path, name, value: set.right }
}

/** What sets a property of a function of its module: each by itself, since who has been made by that function is to have it, too. */
function ownPropertyOf(world: World, module: WorldModule, unit: UnitPiece): SetProperty | null {
  const set = propertySetBy(unit)
  if (set === null || module.before?.imports.has(set.root) !== false) return null
  return typeof world.known.value(module, set.root) === 'function' ? set : null
}

/** Notes a new statement that sets a property; `false` for any other. */
export function addProperty(world: World, module: WorldModule, unit: UnitPiece, decision: Decision): boolean {
  const set = ownPropertyOf(world, module, unit)
  if (set === null) return false
  if (!isFunction(set.value)) noteChanged(module, set, decision)
  return true
}

/** Notes that a property is set no more, or set by another statement; `false` where that cannot be told, or may lose state. */
export function removeProperty(
  world: World,
  module: WorldModule,
  unit: UnitPiece,
  decision: Decision,
): boolean {
  const set = ownPropertyOf(world, module, unit)
  if (set === null || !isAsSet(module, set, world.known, decision)) return false
  noteChanged(module, set, decision)
  const isSame = (other: SetProperty | null) =>
    other?.root === set.root && other.name === set.name && other.path.join() === set.path.join()
  if (!unitsOf(module.after).some(each => isSame(propertySetBy(each)))) {
    const { root, path, name } = set
    decision.unset.push({ module, root, path, name })
  }
  return true
}

/** Whether a statement that sets a property does so once more, and no more than that. */
export function setsAnew(world: World, module: WorldModule, unit: UnitPiece, decision: Decision): boolean {
  const before = beforeOf(module, unit)
  const set = ownPropertyOf(world, module, before)
  if (set === null || !isAsSet(module, set, world.known, decision)) return false
  noteChanged(module, set, decision)
  return true
}

/** Whether what a property holds is what a statement has set it to; that is looked at once more when it is set. */
function isAsSet(module: WorldModule, set: SetProperty, known: Running, { rechecks }: Decision): boolean {
  const why = () => {
    const kept = whyKept(module, set, known)
    return kept && `${module.key}: \`${set.name}\` of \`${set.root}\` cannot be set anew: ${kept}`
  }
  if (why() !== null) return false
  rechecks.push(why)
  return true
}

/** Who has asked for it asks once more. */
function noteChanged(module: WorldModule, { root, name }: SetProperty, { statics }: Decision): void {
  const unit = unitsOf(module.after).find(
    ({ unit: { kind, names } }) => kind !== 'effect' && names.includes(root),
  )
  if (!unit || statics.some(each => each.module === module && each.unit === unit && each.name === name))
    return
  statics.push({ module, unit, name, before: null, after: null })
}

/** Why what a property holds may be more than what a statement has set it to; `null` where it is that. */
function whyKept(
  module: WorldModule,
  { root, path, name, value }: SetProperty,
  known: Running,
): string | null {
  const [target, ...more] = partsOf(known.value(module, root), path) ?? []
  const held =
    isObject(target) && more.length === 0 ? Object.getOwnPropertyDescriptor(target, name) : undefined
  if (!held?.configurable || !('value' in held)) return 'it is no property of its own'
  if (isFunction(value)) {
    const found = known.codeOf(held.value)
    const isSame = found?.module === module && found.code.node.start === value.start
    return isSame ? null : 'it has been set to something else'
  }
  const isSame = isAsDeclared(value, held.value, each => heldBy(module, each, known))
  if (isSame === true) return null
  const isFixed = isSame === null && !isObject(held.value) && !isAssignedLater(module, name, known)
  return isFixed ? null : 'it may hold live state'
}

/** Whether a function of who can have it assigns a property of that name, or one whose name is worked out. */
function isAssignedLater(module: WorldModule, name: string, { usersOf }: Running): boolean {
  return [...usersOf(module)].some(({ before }) => before !== null && assignsLater(before, name))
}

function assignsLater({ parsed }: Model, name: string): boolean {
  let found = false
  const look = (node: AnyNode, isLater: boolean) =>
    walk(node, inner => {
      if (found) return false
      if (!isLater && inner !== node && isFunction(inner)) {
        look(inner, true)
        return false
      }
      const target =
        inner.type === 'AssignmentExpression'
          ? inner.left
          : inner.type === 'UpdateExpression'
            ? inner.argument
            : null
      if (isLater && target?.type === 'MemberExpression') {
        const { property, computed } = target
        if (property.type === 'Identifier') found = computed || property.name === name
        else found = property.type !== 'PrivateIdentifier'
      }
      return !found
    })
  look(parsed.program, false)
  return found
}
