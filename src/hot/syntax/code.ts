import type {
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  Class,
  FunctionDeclaration,
  FunctionExpression,
} from 'acorn'
import { childrenOf, type ParsedModule } from './parse.ts'

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
  /** Whether it is a statement by itself: nobody has it. */
  isStatement: boolean
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

/** `super` for its properties, `super()` for the constructor that it calls. */
export type LexicalUse = 'this' | 'arguments' | 'super' | 'super()' | 'new.target'

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
        isStatement: role === 'arrow' && parent?.type === 'ExpressionStatement',
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
      return parent?.type === 'CallExpression' ? 'super()' : 'super'
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
