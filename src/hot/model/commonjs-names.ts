import type { AnyNode } from 'acorn'
import { walk } from '../syntax/parse.ts'
import { exportOf, WHOLE } from './exports.ts'
import type { Model } from './model.ts'

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

function collect({ units, parsed }: Model): Set<string> | null {
  const names = new Set<string>()
  for (const piece of units) {
    if (piece.kind !== 'unit') continue
    const { unit } = piece
    if (unit.kind === 'effect' && exportsOtherwise(unit.node)) return null
    if (unit.exporting?.how === 'passed-on' || unit.exports.includes(WHOLE)) return null
    for (const name of unit.exports) names.add(name)
  }
  // Those that are only there from the beginning, and are set by functions.
  walk(parsed.program, node => {
    const name = node.type === 'AssignmentExpression' ? exportOf(node.left) : null
    if (name !== null) names.add(name)
    return true
  })
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
