import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model, Piece, Range } from '../model/model.ts'
import { childrenOf } from '../syntax/parse.ts'
import { rootIn } from './roots.ts'

/**
 * What only prints: `console.log('ready', port)`. Nothing is computed from it, and once it is done nothing stays. What it calls to that end counts as it
 * does anywhere else.
 */
interface Print {
  range: Range
  /** Of it, what counts. */
  counts: Range[]
}

const printsByModel = new WeakMap<Model, Print[]>()

function printsIn(model: Model): Print[] {
  let prints = printsByModel.get(model)
  if (!prints) {
    const found: Print[] = []
    const step = (node: AnyNode, parent: AnyNode | null) => {
      const call = printingCall(model, node, parent)
      if (call) {
        const inList = parent !== null && LISTS.has(parent.type) && node.type === 'ExpressionStatement'
        // In place of a statement something has to stand: `if (ready) console.log('ready')`.
        const stand = inList ? [] : [{ start: call.start, end: call.start + 1 }]
        found.push({ range: rangeOf(node), counts: [...stand, ...call.arguments.flatMap(countingIn)] })
      }
      for (const child of childrenOf(node)) step(child, node)
    }
    step(model.parsed.program, null)
    prints = found
    printsByModel.set(model, prints)
  }
  return prints
}

const rangeOf = ({ start, end }: Range): Range => ({ start, end })

const LISTS = new Set(['Program', 'BlockStatement', 'StaticBlock', 'SwitchCase'])
const METHODS = new Set('log info warn error debug'.split(' '))

/** The call of a statement, or of the body of an arrow function, that prints. */
function printingCall(model: Model, node: AnyNode, parent: AnyNode | null) {
  const isBody = parent?.type === 'ArrowFunctionExpression' && parent.body === node
  const call = node.type === 'ExpressionStatement' ? node.expression : isBody ? node : null
  if (call?.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return null
  const { object, property, computed } = call.callee
  if (computed || property.type !== 'Identifier' || object.type !== 'Identifier') return null
  const root = rootIn(model, object)
  return root.kind === 'global' && root.name === 'console' && METHODS.has(property.name) ? call : null
}

const COUNTING =
  /^(?:Call|New|Assignment|Update|Await|Yield|TaggedTemplate|Import|Function|ArrowFunction|Class)Expression$/

function countingIn(node: AnyNode): Range[] {
  if (COUNTING.test(node.type) || (node.type === 'UnaryExpression' && node.operator === 'delete'))
    return [rangeOf(node)]
  return childrenOf(node).flatMap(countingIn)
}

const holds = ({ start, end }: Range, offset: number) => offset >= start && offset < end

/** Whether what stands at an offset is only printed. */
export function isPrinted(model: Model, offset: number): boolean {
  if (!model.text.includes('console')) return false
  return printsIn(model).some(
    ({ range, counts }) => holds(range, offset) && !counts.some(counting => holds(counting, offset)),
  )
}

/** Whether a statement does nothing but print. */
export function onlyPrints(model: Model, { unit: { node } }: UnitPiece): boolean {
  return printsIn(model).some(
    ({ range, counts }) => range.start === node.start && range.end === node.end && counts.length === 0,
  )
}

/** Whether two texts of a function differ in nothing but what they print. */
export function printsOtherwise(before: Model, one: Piece, after: Model, other: Piece): boolean {
  const silent = (model: Model, piece: Piece) =>
    model.shellOf(
      piece.ranges.flatMap(range => without(range, printsIn(model))),
      piece.children,
    )
  if (one.kind !== other.kind || !('code' in one) || !('code' in other)) return false
  const [old, now] = [one.code.node, other.code.node]
  const isSameKind =
    'async' in old && 'async' in now && old.async === now.async && old.generator === now.generator
  return isSameKind && silent(before, one) === silent(after, other)
}

/** A range without what prints in it. */
function without(range: Range, prints: Print[]): Range[] {
  const left: Range[] = []
  let { start } = range
  for (const { range: printed, counts } of prints) {
    if (!holds(range, printed.start) || printed.start < start) continue
    left.push({ start, end: printed.start }, ...counts)
    start = printed.end
  }
  return [...left, { start, end: range.end }]
}
