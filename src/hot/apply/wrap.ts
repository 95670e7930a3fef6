import type { AnyNode, Identifier } from 'acorn'
import type MagicString from 'magic-string'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { DEFAULT } from '../model/units.ts'
import { walk } from '../syntax/parse.ts'
import { type Element, type Rewriting, rangeOf } from './elements.ts'
import { type Around, blank, noClosure, wrapConstruction, wrapFunction, wrapMethod } from './wrap-code.ts'

/** Makes an element an expression of the patch. What is inside it has been edited before. */
export function wrap(element: Element, model: Model, rewriting: Rewriting, edit: MagicString): void {
  const { start, end } = rangeOf(element)
  const around = (before: string, after: string) => {
    edit.prependRight(start, before)
    edit.appendLeft(end, after)
  }
  switch (element.kind) {
    case 'function':
      wrapFunction(element, model, rewriting, around, edit)
      break
    case 'method':
      wrapMethod(element, model, rewriting, around, edit)
      break
    case 'construction':
      wrapConstruction(element.code, rewriting, around, edit)
      break
    case 'unit':
      wrapUnit(element.unit, rewriting, around, edit)
      break
    case 'static':
      wrapStatic(element.field, rewriting, around, edit)
      break
    case 'exports':
      around(`()=>(${noClosure(rewriting.names)}`, ')')
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

/** A function without a name takes that of the field. */
function wrapStatic(
  { name, node }: Extract<Element, { kind: 'static' }>['field'],
  { names }: Rewriting,
  around: Around,
  edit: MagicString,
): void {
  const { value, start, end } = node
  const remove = (from: number, to: number) => {
    if (from < to) edit.update(from, to, blank(edit.original.slice(from, to)))
  }
  remove(start, value?.start ?? end)
  if (value) remove(value.end, end)
  const key = JSON.stringify(name)
  around(
    `(function(){${noClosure(names)}"use strict";return{[${key}]:`,
    `${value ? '' : 'void 0'}}[${key}]})`,
  )
}

function wrapUnit({ unit }: UnitPiece, rewriting: Rewriting, around: Around, edit: MagicString): void {
  const { node, names, kind } = unit
  const begin = `()=>{${noClosure(rewriting.names)}`
  if (kind === 'effect' || kind === 'export') {
    around(begin, '}')
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
    around(`${begin}(`, node.init ? ')}' : '=void 0)}')
    return
  }
  const [name = DEFAULT] = names
  const place = name === DEFAULT ? rewriting.defaultExport : (rewriting.written(name) ?? name)
  if (node.type === 'FunctionDeclaration' && node.id) edit.remove(node.id.start, node.id.end)
  const key = JSON.stringify(name === DEFAULT ? 'default' : name)
  around(`${begin}(${place}={${key}:`, `}[${key}])}`)
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
