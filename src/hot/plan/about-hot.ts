import type { AnyNode, Pattern } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import { exportOf } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { type Read, readsIn } from './reads.ts'
import { onlyRequires } from './requires.ts'
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
  const callbacks: AnyNode[] = []
  walk(model.parsed.program, node => {
    if (node.type === 'CallExpression' && isCallOf(node, ['dispose'], model))
      callbacks.push(...node.arguments)
    return true
  })
  if (callbacks.length === 0) return null
  const names = new Set<string>()
  const aliases = aliasesOf(model)
  const bodies = callbacks.map(
    each => (each.type === 'Identifier' ? functionOf(model, each.name) : each) ?? each,
  )
  for (const { start, end } of withCalled(model, bodies)) {
    for (const name of exportsUsed(model, start, end)) names.add(name)
    for (const read of readsBetween(model, start, end))
      if (!isMereCall(model, read) && !aliases.has(read.name)) names.add(read.name)
  }
  return names
}

/** Parts of a text, and the functions of the module that they use. */
function withCalled(model: Model, parts: AnyNode[]): Set<AnyNode> {
  const all = new Set(parts)
  for (const { start, end } of all)
    for (const { name } of readsBetween(model, start, end)) {
      const called = functionOf(model, name)
      if (called) all.add(called)
    }
  return all
}

type VariableRead = Extract<Read, { of: 'variable' }>

/** A call of a function that is declared here or in another module: it holds nothing. */
function isMereCall(model: Model, read: VariableRead): boolean {
  if (!isBare(read, 'called')) return false
  if (model.imports.has(read.name) || functionOf(model, read.name)) return true
  return model.units.some(
    piece => piece.kind === 'unit' && piece.unit.names.includes(read.name) && onlyRequires(piece),
  )
}

/** Of the variable itself, and not of what it holds. */
const isBare = ({ path, end }: Read, use: Read['end']) => path.length === 0 && end === use

const readsBetween = (model: Model, start: number, end: number) =>
  readsIn(model).flatMap(read =>
    read.of === 'variable' && read.offset >= start && read.offset < end ? [read] : [],
  )

/** Whether a part of a text uses one of some variables, or has functions of the module assign one. */
export function usesOneOf(names: Set<string>, model: Model, part: AnyNode): boolean {
  for (const each of withCalled(model, [part])) {
    const isUse = (read: VariableRead) =>
      each === part ? !isMereCall(model, read) : isBare(read, 'assigned')
    if (readsBetween(model, each.start, each.end).some(read => isUse(read) && names.has(read.name)))
      return true
  }
  return false
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
