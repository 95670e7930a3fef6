import type {
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  Class,
  FunctionDeclaration,
  FunctionExpression,
} from 'acorn'
import { childrenOf, type ParsedModule, type Variable } from './parse.ts'

export type FunctionSyntax =
  | FunctionDeclaration
  | AnonymousFunctionDeclaration
  | FunctionExpression
  | ArrowFunctionExpression

export type FunctionRole = 'function' | 'arrow' | 'method' | 'getter' | 'setter' | 'constructor'

/** A function, wherever it stands in a module. Each has a slot: the number under which its successor is found. */
export interface FunctionCode {
  kind: 'function'
  slot: number
  node: FunctionSyntax
  role: FunctionRole
  /** The class that it is a member of. */
  owner: ClassCode | null
  within: Code | null
  inner: Code[]
  /** What it uses of the function around it, if it is an arrow; of its own call otherwise. Arrows inside it count. */
  uses: Set<LexicalUse>
}

/** A class; its slot is that of the constructor that the language gives it where it has none of its own. */
export interface ClassCode {
  kind: 'class'
  slot: number
  node: Class
  within: Code | null
  inner: Code[]
  /** The constructor that it has written down. */
  constructorCode: FunctionCode | null
}

export type Code = FunctionCode | ClassCode

export type LexicalUse = 'this' | 'arguments' | 'super' | 'new.target'

/** All functions and classes of a module, in the order of the text. The same text always gives the same slots. */
export function codeOf({ program }: ParsedModule): Code[] {
  const all: Code[] = []
  const visit = (node: AnyNode, parent: AnyNode | null, within: Code | null) => {
    const code = codeAt(node, parent, within, all.length)
    if (code) {
      all.push(code)
      within?.inner.push(code)
    }
    const inside = code ?? within
    noteUse(node, parent, within)
    for (const child of childrenOf(node)) {
      // A computed key is evaluated where the class or the object literal stands.
      visit(child, node, inside)
    }
  }
  visit(program, null, null)
  return all
}

function codeAt(node: AnyNode, parent: AnyNode | null, within: Code | null, slot: number): Code | null {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const role = roleOf(node, parent)
      const owner = parent?.type === 'MethodDefinition' && within?.kind === 'class' ? within : null
      const code: FunctionCode = {
        kind: 'function',
        slot,
        node,
        role,
        owner,
        within,
        inner: [],
        uses: new Set(),
      }
      if (owner && role === 'constructor') owner.constructorCode = code
      return code
    }
    case 'ClassDeclaration':
    case 'ClassExpression':
      return { kind: 'class', slot, node, within, inner: [], constructorCode: null }
    default:
      return null
  }
}

function roleOf(node: FunctionSyntax, parent: AnyNode | null): FunctionRole {
  if (node.type === 'ArrowFunctionExpression') return 'arrow'
  if (parent?.type === 'MethodDefinition' && parent.value === node)
    return parent.kind === 'get' ? 'getter' : parent.kind === 'set' ? 'setter' : parent.kind
  if (parent?.type === 'Property' && parent.value === node) {
    if (parent.kind === 'get') return 'getter'
    if (parent.kind === 'set') return 'setter'
    if (parent.method) return 'method'
  }
  return 'function'
}

function noteUse(node: AnyNode, parent: AnyNode | null, within: Code | null): void {
  const use = useOf(node, parent)
  for (let code = within; use !== null && code?.kind === 'function'; code = code.within) {
    code.uses.add(use)
    if (code.role !== 'arrow') break
  }
}

function useOf(node: AnyNode, parent: AnyNode | null): LexicalUse | null {
  switch (node.type) {
    case 'ThisExpression':
      return 'this'
    case 'Super':
      return 'super'
    case 'MetaProperty':
      return node.meta.name === 'new' ? 'new.target' : null
    case 'Identifier':
      return node.name === 'arguments' && !isPropertyName(node, parent) ? 'arguments' : null
    default:
      return null
  }
}

function isPropertyName(node: AnyNode, parent: AnyNode | null): boolean {
  if (parent?.type === 'MemberExpression') return parent.property === node && !parent.computed
  if (parent?.type === 'Property') return parent.key === node && !parent.computed && !parent.shorthand
  if (parent?.type === 'MethodDefinition' || parent?.type === 'PropertyDefinition')
    return parent.key === node && !parent.computed
  return false
}

/** A variable of a function around, or of a block around, that a function uses: its code alone does not bring it along. */
export interface Capture {
  name: string
  variable: Variable
  /** Whether it is assigned after its declaration: what it holds then cannot be passed on once and for all. */
  changes: boolean
}

/** What a function captures, by name, in alphabetical order. The function's own name counts where it is an expression with a name. */
export function capturesOf(parsed: ParsedModule, code: FunctionCode): Capture[] {
  const captures = new Map<string, Capture>()
  const own = parsed.scopes.acquire(code.node as Parameters<typeof parsed.scopes.acquire>[0], true)
  for (const { resolved } of own?.through ?? []) {
    if (resolved === null || resolved.scope === parsed.scope || resolved.scope.type === 'global') continue
    // The arguments of a function around are no variable of it.
    if (resolved.defs.length === 0) continue
    captures.set(resolved.name, { name: resolved.name, variable: resolved, changes: changes(resolved) })
  }
  const named = own?.upper?.type === 'function-expression-name' ? own.upper.variables[0] : undefined
  if (named) captures.set(named.name, { name: named.name, variable: named, changes: false })
  return [...captures.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function changes({ references, identifiers, defs }: Variable): boolean {
  const [definition] = defs
  if (definition?.type === 'Variable' && definition.parent?.kind === 'const') return false
  // What `var` declares is `undefined` first, and often declared twice.
  if (definition?.type === 'Variable' && definition.parent?.kind === 'var') return true
  return (
    identifiers.length > 1 || references.some(reference => reference.isWrite() && reference.init !== true)
  )
}
