import type { AnyNode, Pattern } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import { exportOf } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { readsIn } from './reads.ts'
import { exportRoot, initialiserOf } from './slices.ts'

const aliasesByModel = new WeakMap<Model, Set<string>>()

/** Variables that hold `import.meta.hot`: `const { hot } = import.meta`. */
function aliasesOf(model: Model): Set<string> {
  let aliases = aliasesByModel.get(model)
  if (!aliases) {
    aliases = new Set()
    for (const piece of model.units) {
      if (piece.kind !== 'unit' || piece.unit.node.type !== 'VariableDeclarator') continue
      const { id, init } = piece.unit.node
      if (init) for (const name of aliasesIn(id, init)) aliases.add(name)
    }
    aliasesByModel.set(model, aliases)
  }
  return aliases
}

function aliasesIn(id: Pattern, init: AnyNode): string[] {
  if (id.type === 'Identifier') return isHotItself(init) ? [id.name] : []
  if (id.type !== 'ObjectPattern' || !isInside(init)) return []
  return id.properties.flatMap(property =>
    property.type === 'Property' &&
    property.key.type === 'Identifier' &&
    property.key.name === 'hot' &&
    property.value.type === 'Identifier'
      ? [property.value.name]
      : [],
  )
}

/** `import.meta`, or `module`. */
const isInside = (node: AnyNode) =>
  node.type === 'MetaProperty' || (node.type === 'Identifier' && node.name === 'module')

function isHotItself(node: AnyNode): boolean {
  if (node.type === 'ChainExpression') return isHotItself(node.expression)
  if (node.type !== 'MemberExpression' || !isInside(node.object)) return false
  const { property, computed } = node
  if (property.type === 'Identifier' && !computed) return property.name === 'hot'
  return property.type === 'Literal' && property.value === 'hot'
}

const isHot = (node: AnyNode, model: Model): boolean =>
  isHotItself(node) || (node.type === 'Identifier' && aliasesOf(model).has(node.name))

/** Whether a statement does nothing but say, with `import.meta.hot`, how the module is to be replaced. */
export function isAboutHot({ unit }: UnitPiece, model: Model): boolean {
  return unit.kind === 'effect' && saysOnly(unit.node, model)
}

function saysOnly(node: AnyNode, model: Model): boolean {
  switch (node.type) {
    case 'EmptyStatement':
      return true
    case 'BlockStatement':
      return node.body.every(each => saysOnly(each, model))
    case 'IfStatement':
      return isTest(node.test, model) && saysOnly(node.consequent, model) && !node.alternate
    case 'ExpressionStatement':
    case 'ChainExpression':
      return saysOnly(node.expression, model)
    case 'LogicalExpression':
      return node.operator === '&&' && isTest(node.left, model) && saysOnly(node.right, model)
    case 'CallExpression':
      return isCallOf(node, ['accept', 'dispose'], model) && node.arguments.every(isGiven)
    default:
      return false
  }
}

/** `import.meta.hot`, `import.meta.hot !== undefined`. */
function isTest(node: AnyNode, model: Model): boolean {
  if (node.type === 'BinaryExpression') return isHot(node.left, model) && isGiven(node.right)
  return isHot(node, model)
}

/** What can be handed over without anything happening. */
function isGiven(node: AnyNode): boolean {
  if (node.type === 'ArrayExpression') return node.elements.every(each => each !== null && isGiven(each))
  return node.type.includes('Function') || node.type === 'Literal' || node.type === 'Identifier'
}

function isCallOf(node: AnyNode, methods: string[], model: Model): boolean {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return false
  const { object, property, computed } = node.callee
  return (
    property.type === 'Identifier' && !computed && methods.includes(property.name) && isHot(object, model)
  )
}

/** What a module says with `accept`, as far as its text tells: that of itself, or of what it asks for in this way. */
export function acceptsIn(model: Model): { itself: boolean; requests: string[] } {
  const said = { itself: false, requests: [] as string[] }
  walk(model.parsed.program, node => {
    if (node.type !== 'CallExpression' || !isCallOf(node, ['accept'], model)) return true
    const [first] = node.arguments
    const requests = first?.type === 'ArrayExpression' ? first.elements : [first]
    const literals = requests.flatMap(each => (each?.type === 'Literal' ? [String(each.value)] : []))
    said.requests.push(...literals)
    if (literals.length === 0 && first?.type !== 'ArrayExpression') said.itself = true
    return true
  })
  return said
}

const disposedByModel = new WeakMap<Model, Set<string> | null>()

/** The variables that callbacks of `dispose` use, themselves or through functions of the module; `null` where no callback can be read. */
export function namesDisposed(model: Model): Set<string> | null {
  let names = disposedByModel.get(model)
  if (names === undefined) {
    names = collect(model)
    disposedByModel.set(model, names)
  }
  return names
}

function collect(model: Model): Set<string> | null {
  const ranges: { start: number; end: number }[] = []
  walk(model.parsed.program, node => {
    if (node.type === 'CallExpression' && isCallOf(node, ['dispose'], model)) ranges.push(...node.arguments)
    return true
  })
  if (ranges.length === 0) return null
  const names = new Set<string>()
  const aliases = aliasesOf(model)
  for (const { start, end } of ranges) {
    for (const name of exportsUsed(model, start, end)) names.add(name)
    for (const read of readsIn(model)) {
      if (read.of !== 'variable' || read.offset < start || read.offset >= end) continue
      if (names.has(read.name) || aliases.has(read.name)) continue
      names.add(read.name)
      const called = functionOf(model, read.name)
      // Its own reads are looked at when the list comes to it.
      if (called) ranges.push(called)
    }
  }
  return names
}

/** What a part of the text uses of what its own module exports, in CommonJS. */
function exportsUsed(model: Model, start: number, end: number): string[] {
  const used: string[] = []
  walk(model.parsed.program, node => {
    if (node.end <= start || node.start >= end) return false
    const name = model.format === 'commonjs' ? exportOf(node) : null
    if (name !== null) used.push(exportRoot(name))
    return true
  })
  return used
}

/** The text of a function that a module declares. */
function functionOf(model: Model, name: string): AnyNode | null {
  for (const piece of model.units) {
    if (piece.kind !== 'unit' || !piece.unit.names.includes(name)) continue
    const node = piece.unit.kind === 'variable' ? initialiserOf(piece) : piece.unit.node
    if (node?.type.includes('Function')) return node
  }
  return null
}
