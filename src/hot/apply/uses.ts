import type { AnyNode } from 'acorn'
import type MagicString from 'magic-string'
import type { Model } from '../model/model.ts'
import { childrenOf, endOf, startOf, type Variable, walk } from '../syntax/parse.ts'
import { type Element, type Rewriting, rangeOf } from './elements.ts'

/** Rewrites every use inside an element of what the living module does not have under that name. */
export function rewriteUses(model: Model, element: Element, rewriting: Rewriting, edit: MagicString): void {
  const range = rangeOf(element)
  const written = writer(model, element, range, rewriting)
  for (const { identifier, resolved, init } of model.parsed.references) {
    const start = startOf(identifier)
    if (start < range.start || start >= range.end) continue
    const { name } = identifier
    const text = resolved === null ? rewriting.global(name) : written(resolved, name, init === true)
    if (text !== null) edit.update(start, endOf(identifier), useWith(model, start, identifier.name, text))
  }
  rewriteMeta(model, element, rewriting, edit)
}

function writer(model: Model, element: Element, range: Range, { names, written, isLiving }: Rewriting) {
  const following =
    'following' in element && element.following.how === 'by-factory' ? element.following : null
  const captured = new Map(following?.captures.map(({ name, changes }) => [name, changes]))
  const itself = element.kind === 'construction' ? element.code.node : null
  return (variable: Variable, name: string, init: boolean): string | null => {
    if (variable.scope === model.parsed.scope) return init ? null : written(name)
    const isOwnName = variable.scope.type === 'class'
    const inside =
      isDeclaredIn(variable, range) && !(isOwnName && (variable.scope.block as object) === itself)
    if (inside) return null
    if (variable.defs.length === 0) return names.value
    const changes = captured.get(name)
    if (changes !== undefined) return changes ? `${name}.$` : null
    const slot = isOwnName ? classSlot(model, variable) : null
    return slot !== null && isLiving(slot) ? `${names.classes}.c${slot}` : null
  }
}

/** The class that is known by a name inside of it. */
function classSlot({ codes }: Model, { scope }: Variable): number | null {
  const found = codes.find(({ node }) => (node as object) === scope.block)
  return found?.slot ?? null
}

/** `import.meta`, and the `new.target` of a function around. */
function rewriteMeta(model: Model, element: Element, { names }: Rewriting, edit: MagicString): void {
  const range = rangeOf(element)
  const passed =
    'following' in element && element.following.how === 'by-factory' && element.following.usesNewTarget
  const step = (node: AnyNode, isOwn: boolean) => {
    if (node.end <= range.start || node.start >= range.end) return
    if (node.type === 'MetaProperty') {
      if (node.meta.name === 'import') edit.update(node.start, node.end, names.meta)
      else if (passed && isOwn) edit.update(node.start, node.end, names.newTarget)
      return
    }
    const own = isOwn && node.type !== 'FunctionExpression' && node.type !== 'FunctionDeclaration'
    const within = node.start >= range.start && node.end <= range.end ? own : isOwn
    for (const child of childrenOf(node)) step(child, within)
  }
  step(model.parsed.program, true)
}

interface Range {
  start: number
  end: number
}

function isDeclaredIn({ identifiers, scope }: Variable, { start, end }: Range): boolean {
  const [declared] = identifiers
  const block = startOf(scope.block)
  const at = declared ? startOf(declared) : block
  return at >= start && at < end && block >= start
}

/**
 * `{ x }` becomes `{ x: y }`, and `x()` is called without becoming a method of something. A statement that begins with a parenthesis would
 * go on with the one before it, where that has no semicolon.
 */
function useWith(model: Model, start: number, name: string, text: string): string {
  const { contexts, statements } = contextsOf(model)
  const context = contexts.get(start)
  if (context === 'shorthand') return `${name}:${text}`
  if (context !== 'called') return text
  return `${statements.has(start) ? ';' : ''}(0,${text})`
}

interface Contexts {
  contexts: Map<number, 'shorthand' | 'called'>
  /** Where statements of a list begin. */
  statements: Set<number>
}

const contextsByModel = new WeakMap<Model, Contexts>()

function contextsOf(model: Model): Contexts {
  const known = contextsByModel.get(model)
  if (known) return known
  const contexts: Contexts['contexts'] = new Map()
  const statements = new Set<number>()
  walk(model.parsed.program, node => {
    if (node.type === 'BlockStatement' || node.type === 'StaticBlock')
      for (const { start } of node.body) statements.add(start)
    if (node.type === 'SwitchCase') for (const { start } of node.consequent) statements.add(start)
    if (node.type === 'Property' && node.shorthand) contexts.set(node.key.start, 'shorthand')
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier')
      contexts.set(node.callee.start, 'called')
    if (node.type === 'TaggedTemplateExpression' && node.tag.type === 'Identifier')
      contexts.set(node.tag.start, 'called')
    return true
  })
  contextsByModel.set(model, { contexts, statements })
  return { contexts, statements }
}
