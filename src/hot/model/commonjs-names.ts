import type { AnyNode } from 'acorn'
import { walk } from '../syntax/parse.ts'
import type { Model } from './model.ts'
import type { Unit } from './units.ts'

const namesByModel = new WeakMap<Model, Set<string> | null>()

/** The names that a CommonJS module exports; `null` where its text does not tell. */
export function commonjsNames(model: Model): Set<string> | null {
  let names = namesByModel.get(model)
  if (names === undefined) {
    names = collect(model)
    namesByModel.set(model, names)
  }
  return names
}

function collect({ units }: Model): Set<string> | null {
  const names = new Set<string>()
  for (const piece of units) {
    if (piece.kind !== 'unit') continue
    const { unit } = piece
    if (unit.kind === 'effect' && exportsOtherwise(unit.node)) return null
    if (unit.kind !== 'export') continue
    const found = unit.names.includes('*') ? namesOfWhole(unit) : unit.names
    if (found === null) return null
    for (const name of found) names.add(name)
  }
  return names
}

/** Of `module.exports = { a, b }`. */
function namesOfWhole({ node }: Unit): string[] | null {
  let value: AnyNode = node.type === 'ExpressionStatement' ? node.expression : node
  while (value.type === 'AssignmentExpression') value = value.right
  if (value.type !== 'ObjectExpression') return null
  const names: string[] = []
  for (const property of value.properties) {
    if (property.type !== 'Property' || property.computed || property.key.type !== 'Identifier') return null
    names.push(property.key.name)
  }
  return names
}

/** `Object.defineProperty(exports, 'a', …)`, and what compilers write in its place; the mark of a compiled ES module is none. */
function exportsOtherwise(node: AnyNode): boolean {
  let found = false
  let marks = false
  walk(node, each => {
    if (each.type === 'Identifier' && each.name === 'exports') found = true
    if (each.type === 'Literal' && each.value === '__esModule') marks = true
    return true
  })
  return found && !marks
}
