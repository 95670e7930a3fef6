import type { AnyNode, Identifier } from 'acorn'
import type MagicString from 'magic-string'
import type { UnitPiece } from '../diff/match.ts'
import type { Following } from '../instrument/follow.ts'
import type { Names } from '../instrument/names.ts'
import type { Member, Model } from '../model/model.ts'
import { DEFAULT } from '../model/units.ts'
import type { ClassCode, FunctionCode } from '../syntax/code.ts'
import { endOf, startOf, type Variable, walk } from '../syntax/parse.ts'

/** A part of a new text that is compiled in the scope of the living module. */
export type Element =
  /** Gives the successor of a function, or for one with captures what makes it. */
  | { kind: 'function'; code: FunctionCode; following: Following }
  /** Gives the property descriptor of a method, from the prototype of the object that it is for. */
  | { kind: 'method'; code: FunctionCode; member: Member | null; following: Following }
  /** Gives a class with nothing but constructor and fields, from the class it extends. */
  | { kind: 'construction'; code: ClassCode }
  /** Gives a function that evaluates a unit and sets its names. */
  | { kind: 'unit'; unit: UnitPiece }
  /** Gives a function that evaluates what is to be `module.exports`. */
  | { kind: 'exports'; unit: UnitPiece }
  /** Gives a function that evaluates an object of one property, which is to be one of `module.exports`. */
  | { kind: 'property'; unit: UnitPiece }

/** The names by which a patch knows what it is given. */
export interface PatchNames extends Names {
  /** Variables that the living module has no place for. */
  annex: string
  /** What it imports that the living module does not. */
  imports: string
  descriptor: string
  meta: string
  home: string
}

/** How names of the new text are to be written where they are not variables of the living module. */
export interface Rewriting {
  names: PatchNames
  /** Where a default export is held in the living module. */
  defaultExport: string
  /** The expression that stands for a name; `null` for a variable of the living module itself. */
  written(name: string): string | null
  /** The same for what the new text does not declare; `null` where the living module does not either. */
  global(name: string): string | null
}

/** The part of the text that an element takes. */
export function rangeOf(element: Element): { start: number; end: number } {
  switch (element.kind) {
    case 'function':
    case 'construction':
      return element.code.node
    case 'method':
      return element.member?.node ?? element.code.node
    case 'unit':
    case 'property':
      return element.unit.unit.node
    case 'exports':
      return assigned(element.unit)
    default: {
      const unreachable: never = element
      throw new Error(`unknown element ${JSON.stringify(unreachable)}`)
    }
  }
}

/** What `module.exports = …` sets it to. */
function assigned({ unit: { node } }: UnitPiece): AnyNode {
  let value: AnyNode = node.type === 'ExpressionStatement' ? node.expression : node
  while (value.type === 'AssignmentExpression') value = value.right
  return value
}

/** Makes an element an expression of the patch. What is inside it has been edited before. */
export function wrap(element: Element, model: Model, rewriting: Rewriting, edit: MagicString): void {
  const { start, end } = rangeOf(element)
  const around = (before: string, after: string) => {
    edit.prependRight(start, before)
    edit.appendLeft(end, after)
  }
  switch (element.kind) {
    case 'function': {
      const { node } = element.code
      if ('id' in node && node.id) edit.remove(node.id.start, node.id.end)
      around(...factory(element.following, rewriting))
      break
    }
    case 'method':
      wrapMethod(element, model, rewriting, around, edit)
      break
    case 'construction':
      wrapConstruction(element.code, rewriting, around, edit)
      break
    case 'unit':
      wrapUnit(element.unit, rewriting, around, edit)
      break
    case 'exports':
      around('()=>(', ')')
      break
    case 'property':
      around('()=>({', '})')
      break
    default: {
      const unreachable: never = element
      throw new Error(`unknown element ${JSON.stringify(unreachable)}`)
    }
  }
}

type Around = (before: string, after: string) => void

function factory(following: Following, { names }: Rewriting): [string, string] {
  if (following.how !== 'by-factory') return ['(', ')']
  const parameters = following.captures.map(({ name }) => name)
  if (following.usesArguments) parameters.push(names.value)
  return [`(function(${parameters.join(',')}){return(`, ')})']
}

function wrapMethod(
  { code, member, following }: Extract<Element, { kind: 'method' }>,
  model: Model,
  { names }: Rewriting,
  around: Around,
  edit: MagicString,
): void {
  const { node } = code
  const strict = code.owner && model.format === 'commonjs' ? '"use strict";' : ''
  const captures = following.how === 'by-factory' ? following.captures.map(({ name }) => name) : []
  const parameters = captures.length === 0 ? names.home : captures.join(',')
  const proto = captures.length === 0 ? `__proto__:${names.home},` : ''
  const kind = code.role === 'getter' ? 'get ' : code.role === 'setter' ? 'set ' : ''
  const prefix = `${node.async ? 'async ' : ''}${node.generator ? '*' : ''}${kind}`
  if (member) edit.remove(member.node.start, node.start)
  const open = `(${parameters})=>{${strict}return ${names.descriptor}({${proto}${prefix}m`
  around('', `},"m")}`)
  edit.prependRight(node.start, open)
}

function wrapConstruction(code: ClassCode, { names }: Rewriting, around: Around, edit: MagicString): void {
  const { node } = code
  if (node.id) edit.remove(node.id.start, node.id.end)
  if (node.superClass) edit.update(node.superClass.start, node.superClass.end, names.home)
  for (const member of node.body.body) {
    const constructs = member.type === 'MethodDefinition' && member.kind === 'constructor'
    if (constructs || (member.type === 'PropertyDefinition' && !member.static)) continue
    edit.update(member.start, member.end, blank(edit.original.slice(member.start, member.end)))
  }
  around(`${names.home}=>(`, ')')
}

function wrapUnit({ unit }: UnitPiece, rewriting: Rewriting, around: Around, edit: MagicString): void {
  const { node, names, kind } = unit
  if (kind === 'effect' || kind === 'export') {
    around('()=>{', '}')
    return
  }
  if (node.type === 'VariableDeclarator') {
    for (const identifier of boundIdentifiers(node.id)) rewriteBinding(node.id, identifier, rewriting, edit)
    const only = node.id.type === 'Identifier' ? rewriting.written(node.id.name) : null
    if (only !== null && node.init && node.id.type === 'Identifier') {
      // A function without a name takes that of the variable.
      edit.prependRight(node.init.start, `{${JSON.stringify(node.id.name)}:`)
      edit.appendLeft(node.init.end, `}[${JSON.stringify(node.id.name)}]`)
    }
    around('()=>{(', node.init ? ')}' : '=void 0)}')
    return
  }
  const [name = DEFAULT] = names
  const place = name === DEFAULT ? rewriting.defaultExport : (rewriting.written(name) ?? name)
  if (node.type === 'FunctionDeclaration' && node.id) edit.remove(node.id.start, node.id.end)
  const key = JSON.stringify(name === DEFAULT ? 'default' : name)
  around(`()=>{(${place}={${key}:`, `}[${key}])}`)
}

function boundIdentifiers(pattern: AnyNode): Identifier[] {
  const found: Identifier[] = []
  const step = (node: AnyNode | null | undefined) => {
    switch (node?.type) {
      case 'Identifier':
        found.push(node)
        break
      case 'ObjectPattern':
        for (const property of node.properties)
          step(property.type === 'RestElement' ? property.argument : property.value)
        break
      case 'ArrayPattern':
        node.elements.forEach(step)
        break
      case 'RestElement':
        step(node.argument)
        break
      case 'AssignmentPattern':
        step(node.left)
        break
      default:
        break
    }
  }
  step(pattern)
  return found
}

function rewriteBinding(
  pattern: AnyNode,
  identifier: Identifier,
  rewriting: Rewriting,
  edit: MagicString,
): void {
  const text = rewriting.written(identifier.name)
  if (text === null) return
  const short = isShorthand(pattern, identifier)
  edit.update(identifier.start, identifier.end, short ? `${identifier.name}:${text}` : text)
}

function isShorthand(pattern: AnyNode, identifier: Identifier): boolean {
  let short = false
  walk(pattern, node => {
    if (node.type === 'Property' && node.shorthand && node.key.start === identifier.start) short = true
    return true
  })
  return short
}

/** Text of which nothing is left but its lines, and the place where its last one ends. */
export function blank(text: string): string {
  const lines = text.replace(/[^\n\r\u2028\u2029]+/g, '')
  const last = text.search(/[^\n\r\u2028\u2029]*$/)
  return `${lines}${' '.repeat(text.length - last)}`
}

/** Rewrites every use of a name inside a range that the living module does not have. */
export function rewriteUses(
  model: Model,
  range: { start: number; end: number },
  element: Element,
  rewriting: Rewriting,
  edit: MagicString,
): void {
  const following = 'following' in element ? element.following : null
  const boxed = new Set(
    following?.how === 'by-factory'
      ? following.captures.filter(({ changes }) => changes).map(({ name }) => name)
      : [],
  )
  const captured = new Set(following?.how === 'by-factory' ? following.captures.map(({ name }) => name) : [])
  const known = (name: string, variable: Variable, init: boolean | undefined): string | null => {
    const local = variable.scope !== model.parsed.scope
    const outside = local && !isDeclaredIn(variable, range)
    if (outside && variable.defs.length === 0) return rewriting.names.value
    if (outside && captured.has(name)) return boxed.has(name) ? `${name}.$` : null
    return local || init === true ? null : rewriting.written(name)
  }
  for (const { identifier, resolved, init } of model.parsed.references) {
    const start = startOf(identifier)
    if (start < range.start || start >= range.end) continue
    const text =
      resolved === null ? rewriting.global(identifier.name) : known(identifier.name, resolved, init)
    if (text === null) continue
    edit.update(start, endOf(identifier), useWith(model, start, identifier.name, text))
  }
  walk(model.parsed.program, node => {
    if (node.end <= range.start || node.start >= range.end) return false
    if (node.type === 'MetaProperty' && node.meta.name === 'import')
      edit.update(node.start, node.end, rewriting.names.meta)
    return true
  })
}

function isDeclaredIn(
  variable: { identifiers: object[]; scope: { block: object } },
  range: { start: number; end: number },
) {
  const [declared] = variable.identifiers
  const at = declared ? startOf(declared) : startOf(variable.scope.block)
  return at >= range.start && at < range.end && startOf(variable.scope.block) >= range.start
}

/** `{ x }` becomes `{ x: y }`, and `x()` is called without becoming a method of something. */
function useWith(model: Model, start: number, name: string, text: string): string {
  const context = contextsOf(model).get(start)
  if (context === 'shorthand') return `${name}:${text}`
  return context === 'called' ? `(0,${text})` : text
}

const contextsByModel = new WeakMap<Model, Map<number, 'shorthand' | 'called'>>()

function contextsOf(model: Model): Map<number, 'shorthand' | 'called'> {
  const known = contextsByModel.get(model)
  if (known) return known
  const contexts = new Map<number, 'shorthand' | 'called'>()
  walk(model.parsed.program, node => {
    if (node.type === 'Property' && node.shorthand) contexts.set(node.key.start, 'shorthand')
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier')
      contexts.set(node.callee.start, 'called')
    if (node.type === 'TaggedTemplateExpression' && node.tag.type === 'Identifier')
      contexts.set(node.tag.start, 'called')
    return true
  })
  contextsByModel.set(model, contexts)
  return contexts
}
