import type { AnyNode } from 'acorn'
import type { Code, FunctionCode } from './code.ts'
import { indexOfToken, type ParsedModule, type Variable, walk } from './parse.ts'

/** A variable of a function around, or of a block around, that a function uses: its code alone does not bring it along. */
export interface Capture {
  name: string
  /** Whether it is assigned after its declaration: what it holds then cannot be passed on once and for all. */
  changes: boolean
  /** What it is declared with. */
  initialiser(): AnyNode | null
  /** How it is declared, as text: two that are declared alike hold the same kind of thing. */
  declared(): string
}

/**
 * What a function captures, by name, in alphabetical order. The function's own name counts where it is an expression with a name; the name
 * that a class of the module's scope has inside of itself does not: there is one such class.
 */
export function capturesOf(parsed: ParsedModule, code: FunctionCode): Capture[] {
  const captures = new Map<string, Capture>()
  const own = parsed.scopes.acquire(code.node as Parameters<typeof parsed.scopes.acquire>[0], true)
  const around = outermost(code)
  for (const { resolved } of own?.through ?? []) {
    if (resolved === null || resolved.scope === parsed.scope || resolved.scope.type === 'global') continue
    // The arguments of a function around are no variable of it.
    if (resolved.defs.length === 0) continue
    if (around.kind === 'class' && (resolved.scope.block as object) === around.node) continue
    captures.set(resolved.name, captureOf(parsed, resolved, changes(resolved)))
  }
  const named = own?.upper?.type === 'function-expression-name' ? own.upper.variables[0] : undefined
  if (named) captures.set(named.name, captureOf(parsed, named, false))
  return [...captures.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function captureOf(parsed: ParsedModule, variable: Variable, changes: boolean): Capture {
  let declared: string | null = null
  return {
    name: variable.name,
    changes,
    initialiser: () => initialiserOf(variable),
    declared: () => {
      declared ??= declarationOf(parsed, variable)
      return declared
    },
  }
}

function initialiserOf({ defs: [definition] }: Variable): AnyNode | null {
  if (definition?.type !== 'Variable' || definition.node.id.type !== 'Identifier') return null
  return (definition.node.init ?? null) as AnyNode | null
}

/** The function or class of the module's scope that some code is in. */
export function outermost(code: Code): Code {
  let outer = code
  while (outer.within !== null) outer = outer.within
  return outer
}

/** Whether code is strict because of what stands around it in its module: a class, or a function that says so. */
export function isStrict({ format }: ParsedModule, code: Code): boolean {
  if (format === 'module') return false
  for (let outer = code.within; outer !== null; outer = outer.within)
    if (outer.kind === 'class' || saysStrict(outer)) return true
  return false
}

const saysStrict = ({ node: { body } }: FunctionCode) =>
  body.type === 'BlockStatement' &&
  body.body.some(statement => 'directive' in statement && statement.directive === 'use strict')

function changes({ references, identifiers, defs }: Variable): boolean {
  const [definition] = defs
  if (definition?.type === 'Variable' && definition.parent?.kind === 'const') return false
  // What `var` declares is `undefined` first, and often declared twice.
  if (definition?.type === 'Variable' && definition.parent?.kind === 'var') return true
  return (
    identifiers.length > 1 || references.some(reference => reference.isWrite() && reference.init !== true)
  )
}

/** Without the functions in it: those are followed. */
function declarationOf(parsed: ParsedModule, { defs }: Variable): string {
  const texts = defs.map(({ type, node, ...rest }) => {
    const index = 'index' in rest ? String(rest.index) : ''
    if (type === 'FunctionName' || type === 'ClassName') return type
    if (type !== 'Parameter') return `${type} ${wordsOf(parsed, node as AnyNode)}`
    const parameter = (node as unknown as { params: AnyNode[] }).params[Number(index)]
    return `${type} ${index} ${parameter ? wordsOf(parsed, parameter) : ''}`
  })
  return texts.join('\n')
}

/** The words of a node, without the functions in it. */
export function wordsOf(parsed: ParsedModule, node: AnyNode): string {
  const functions: AnyNode[] = []
  walk(node, inner => {
    const isFunction = inner.type.includes('Function')
    if (isFunction) functions.push(inner)
    return !isFunction
  })
  const words: string[] = []
  for (let index = indexOfToken(parsed, node.start); ; index += 1) {
    const token = parsed.tokens[index]
    if (token === undefined || token.start >= node.end) return words.join(' ')
    if (!functions.some(({ start, end }) => token.start >= start && token.start < end))
      words.push(parsed.text.slice(token.start, token.end))
  }
}
