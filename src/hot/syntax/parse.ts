import { type AnyNode, type Program, parse, type Token } from 'acorn'
import { analyze, type Reference, type Scope, type ScopeManager, type Variable } from 'eslint-scope'

export type ModuleFormat = 'module' | 'commonjs'

/** A module's text, parsed. */
export interface ParsedModule {
  text: string
  format: ModuleFormat
  program: Program
  tokens: Token[]
  scopes: ScopeManager
  /** Of the module itself: what its top-level statements declare. */
  scope: Scope
  /** Every use of a variable, in the order of the text. */
  references: Reference[]
}

export type { Reference, Scope, Variable }

/**
 * Parses JavaScript as Node.js would run it.
 *
 * @throws SyntaxError as of acorn, with `loc`.
 */
export function parseModule(text: string, format: ModuleFormat): ParsedModule {
  const tokens: Token[] = []
  const program = parse(text, {
    ecmaVersion: 'latest',
    sourceType: format,
    allowHashBang: true,
    ranges: true,
    onToken: tokens,
  })
  const scopes = analyze(program as Parameters<typeof analyze>[0], {
    ecmaVersion: 2026,
    sourceType: format,
    childVisitorKeys: null,
    fallback: node => Object.keys(node).filter(key => key !== 'parent'),
  })
  const [scope] = scopes.globalScope?.childScopes ?? []
  if (scope === undefined) throw new Error('a module without a scope')
  const references = scopes.scopes
    .flatMap(({ references: own }) => own)
    .sort((a, b) => startOf(a.identifier) - startOf(b.identifier))
  return { text, format, program, tokens, scopes, scope, references }
}

/** Where a node of the scope library begins: they are those of the parser. */
export const startOf = (node: object): number => (node as { start: number }).start
export const endOf = (node: object): number => (node as { end: number }).end

const POSITIONS = new Set(['type', 'start', 'end', 'range', 'loc'])

/** A node's children, in the order of the text. */
export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = []
  for (const [key, value] of Object.entries(node)) {
    if (POSITIONS.has(key)) continue
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) children.push(child)
  }
  return children.sort((a, b) => a.start - b.start)
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** Calls `visit` for a node and all below it, in the order of the text; what is below one for which it returns `false` is left out. */
export function walk(node: AnyNode, visit: (node: AnyNode, parent: AnyNode | null) => boolean): void {
  const step = (current: AnyNode, parent: AnyNode | null) => {
    if (visit(current, parent) === false) return
    for (const child of childrenOf(current)) step(child, current)
  }
  step(node, null)
}

/** The first token that begins at or behind an offset. */
export function indexOfToken({ tokens }: ParsedModule, offset: number): number {
  let low = 0
  let high = tokens.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tokens[middle]?.start ?? Number.POSITIVE_INFINITY) < offset) low = middle + 1
    else high = middle
  }
  return low
}
