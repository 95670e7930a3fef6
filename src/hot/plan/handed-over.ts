import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { startOf, walk } from '../syntax/parse.ts'
import { accessesOf } from './accesses.ts'
import { CALLERS } from './harmless.ts'
import { holdersIn } from './holders.ts'
import { readsOf } from './reads.ts'
import { initialiserOf, runnableIn } from './slices.ts'
import type { WorldModule } from './world.ts'

/** Whether a unit gives a name to a function. */
export function definesFunction(unit: UnitPiece): boolean {
  const { node, kind } = unit.unit
  if (kind === 'definition') return node.type === 'FunctionDeclaration'
  const value = initialiserOf(unit)
  return value?.type === 'FunctionExpression' || value?.type === 'ArrowFunctionExpression'
}

/**
 * Where a function of the running text has given another one to somebody who may call it still, as a listener say: it uses it as a value.
 *
 * @param users modules that can use what is defined.
 */
export function handedOverAt(
  module: WorldModule,
  unit: UnitPiece,
  users: Iterable<WorldModule>,
): { module: WorldModule; line: number } | null {
  const wanted = new Set<string>(holdersIn(module, unit).map(({ key }) => key))
  for (const user of users) {
    const model = user.before
    if (model === null) continue
    for (const piece of model.units.flatMap(runnableIn)) {
      for (const read of readsOf(model, piece)) {
        if (read.end !== 'read' || isUsedUp(model, read.offset)) continue
        const found = accessesOf(user, model, read).some(
          ({ key, depth }) => wanted.has(key) && depth === read.path.length,
        )
        if (found) return { module: user, line: model.line(read.offset) }
      }
    }
  }
  return null
}

const usedUpByModel = new WeakMap<Model, Set<number>>()

/** Whether what stands at an offset is only called, or looked at, where it stands: `list.map(help)`, `typeof help`, `x instanceof Help`. */
function isUsedUp(model: Model, offset: number): boolean {
  let known = usedUpByModel.get(model)
  if (!known) {
    known = new Set()
    const offsets = known
    walk(model.parsed.program, node => {
      for (const used of usedUpIn(node, model)) offsets.add(used.start)
      return true
    })
    usedUpByModel.set(model, known)
  }
  return known.has(offset)
}

function usedUpIn(node: AnyNode, model: Model): AnyNode[] {
  switch (node.type) {
    case 'VariableDeclarator':
      return node.init && isOnlyCalled(node.id, model) ? chosenFrom(node.init) : []
    case 'CallExpression': {
      const { callee } = node
      const calls =
        callee.type === 'MemberExpression' &&
        callee.property.type === 'Identifier' &&
        CALLERS.has(callee.property.name)
      return calls ? node.arguments : []
    }
    case 'UnaryExpression':
      return [node.argument]
    case 'BinaryExpression':
      return [node.left, node.right]
    case 'IfStatement':
    case 'ConditionalExpression':
      return [node.test]
    default:
      return []
  }
}

/** `a || b ? c : d`: what may come out of it. */
function chosenFrom(node: AnyNode): AnyNode[] {
  if (node.type === 'LogicalExpression') return [...chosenFrom(node.left), ...chosenFrom(node.right)]
  if (node.type === 'ConditionalExpression')
    return [...chosenFrom(node.consequent), ...chosenFrom(node.alternate)]
  return [node]
}

/** Whether a variable of a function is called by that function, or asked for its type, and is not used in any other way. */
function isOnlyCalled(id: AnyNode, model: Model): boolean {
  const variable = model.parsed.scopes.scopes
    .flatMap(({ variables }) => variables)
    .find(({ identifiers }) => identifiers.some(identifier => startOf(identifier) === id.start))
  if (id.type !== 'Identifier' || variable === undefined || variable.scope === model.parsed.scope)
    return false
  const callees = calleesIn(model)
  return variable.references.every(
    ({ identifier, init, from }) =>
      init === true ||
      (from.variableScope === variable.scope.variableScope && callees.has(startOf(identifier))),
  )
}

/** Whether a variable of a module's scope is called by its name, or asked for its type, and is not used in any other way in its text. */
export function isOnlyCalledByName(model: Model, name: string): boolean {
  const callees = calleesIn(model)
  const references = model.parsed.scope.set.get(name)?.references ?? []
  return references.every(({ identifier, init }) => init === true || callees.has(startOf(identifier)))
}

const calleesByModel = new WeakMap<Model, Set<number>>()

function calleesIn(model: Model): Set<number> {
  let callees = calleesByModel.get(model)
  if (!callees) {
    const found = new Set<number>()
    walk(model.parsed.program, node => {
      if (node.type === 'CallExpression') found.add(node.callee.start)
      if (node.type === 'UnaryExpression') found.add(node.argument.start)
      return true
    })
    callees = found
    calleesByModel.set(model, callees)
  }
  return callees
}
