import type MagicString from 'magic-string'
import type { Following } from '../instrument/follow.ts'
import type { Names } from '../instrument/names.ts'
import type { Model } from '../model/model.ts'
import { isStrict } from '../syntax/captures.ts'
import type { ClassCode, FunctionCode } from '../syntax/code.ts'
import type { Element, PatchNames, Rewriting } from './elements.ts'
import { nameOf } from './names-of-functions.ts'

/** Puts something around an element. */
export type Around = (before: string, after: string) => void

/** Neither what makes a successor nor what evaluates a unit is to be taken for the function that it has in its text. */
export const noClosure = ({ note }: Names) => `/*${note}(0w)*/`

export function wrapFunction(
  { code, following }: Extract<Element, { kind: 'function' }>,
  model: Model,
  { names }: Rewriting,
  around: Around,
  edit: MagicString,
): void {
  const { node } = code
  const id = 'id' in node && node.id ? node.id : null
  // It has its name without being a variable: that is the living function.
  const name = nameOf(model, code)
  const [open, close] = name === null ? ['(', ')'] : [`({${quoted(name)}:`, `})[${JSON.stringify(name)}]`]
  if (id) edit.remove(id.start, id.end)
  const strict = `${isStrict(model.parsed, code) ? '"use strict";' : ''}${constantsFor(model, code, following)}`
  if (following.how !== 'by-factory') {
    around(strict ? `(()=>{${noClosure(names)}${strict}return${open}` : open, strict ? `${close}})()` : close)
    return
  }
  const begin = `(function(${parametersOf(following, names)}){${noClosure(names)}${strict}return`
  if (!following.usesSuper) around(`${begin}${open}`, `${close}})`)
  else
    around(
      `${begin}({__proto__:${names.inherit}(${names.superOf}),m(){return${open}`,
      `${close}}}).m.call(this)})`,
    )
}

/** Constants of a function around that closures which live have not captured: what they hold stands in the text. */
function constantsFor({ text, following }: Model, { slot }: FunctionCode, passed: Following): string {
  const now = following[slot]
  const known = new Set(passed.how === 'by-factory' ? passed.captures.map(({ name }) => name) : [])
  const missing = now?.how === 'by-factory' ? now.captures.filter(({ name }) => !known.has(name)) : []
  return missing
    .flatMap(({ name, initialiser }) => {
      const value = initialiser()
      return value === null ? [] : [`const ${name}=${text.slice(value.start, value.end)};`]
    })
    .join('')
}

/** As a key; a plain `__proto__` would be something else. */
const quoted = (name: string) => (name === '__proto__' ? '["__proto__"]' : JSON.stringify(name))

function parametersOf(following: Extract<Following, { how: 'by-factory' }>, names: PatchNames): string {
  const parameters = following.captures.map(({ name }) => name)
  if (following.usesArguments) parameters.push(names.value)
  if (following.usesNewTarget) parameters.push(names.newTarget)
  if (following.usesSuper) parameters.push(names.superOf)
  return parameters.join(',')
}

export function wrapMethod(
  { code, member, following }: Extract<Element, { kind: 'method' }>,
  model: Model,
  { names }: Rewriting,
  around: Around,
  edit: MagicString,
): void {
  const { node } = code
  const strict = `${isStrict(model.parsed, code) ? '"use strict";' : ''}${constantsFor(model, code, following)}`
  const made = following.how === 'by-factory'
  const parameters = made ? parametersOf(following, names) : names.home
  const home = made ? `${names.inherit}(${names.superOf})` : names.home
  const proto = made && !following.usesSuper ? '' : `__proto__:${home},`
  const kind = code.role === 'getter' ? 'get ' : code.role === 'setter' ? 'set ' : ''
  const prefix = `${node.async ? 'async ' : ''}${node.generator ? '*' : ''}${kind}`
  if (member) edit.remove(member.node.start, node.start)
  const name = nameOf(model, code) ?? 'm'
  const open = `(${parameters})=>{${noClosure(names)}${strict}return ${names.descriptor}({${proto}${prefix}${quoted(name)}`
  around('', `},${JSON.stringify(name)})}`)
  edit.prependRight(node.start, open)
}

export function wrapConstruction(
  code: ClassCode,
  { names }: Rewriting,
  around: Around,
  edit: MagicString,
): void {
  const { node } = code
  if (node.id) edit.remove(node.id.start, node.id.end)
  if (node.superClass) edit.update(node.superClass.start, node.superClass.end, names.home)
  for (const member of node.body.body) {
    const constructs = member.type === 'MethodDefinition' && member.kind === 'constructor'
    if (constructs || (member.type === 'PropertyDefinition' && !member.static)) continue
    edit.update(member.start, member.end, blank(edit.original.slice(member.start, member.end)))
  }
  around(`${names.home}=>(${noClosure(names)}`, ')')
}

/** Text of which nothing is left but its lines, and the place where its last one ends. */
export function blank(text: string): string {
  const lines = text.replace(/[^\n\r\u2028\u2029]+/g, '')
  const last = text.search(/[^\n\r\u2028\u2029]*$/)
  return `${lines}${' '.repeat(text.length - last)}`
}
