import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import { readsIn } from '../plan/reads.ts'
import { walk } from '../syntax/parse.ts'

/** What a module asks for when it is loaded, as it is written. */
export function requestsIn(model: Model): string[] {
  const requests = new Set(linksIn(model).map(({ request }) => request))
  for (const read of readsIn(model)) if (read.of === 'request') requests.add(read.request)
  return [...requests]
}

/** One name that an ES module takes from another when it is linked. */
export interface Link {
  request: string
  /** `*` for all of it; `null` where it is loaded for what it does. */
  name: string | null
  offset: number
  /** Such as `{ type: 'json' }`. */
  attributes: Record<string, string>
}

const linksByModel = new WeakMap<Model, Link[]>()

/** In the order of the text. */
export function linksIn(model: Model): Link[] {
  let links = linksByModel.get(model)
  if (!links) {
    links = model.parsed.program.body.flatMap(linksOf)
    linksByModel.set(model, links)
  }
  return links
}

function linksOf(statement: Model['parsed']['program']['body'][number]): Link[] {
  switch (statement.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration': {
      if (!statement.source) return []
      const of = linkOf(statement, String(statement.source.value))
      const links = statement.specifiers.map(specifier =>
        of(
          specifier.type === 'ImportSpecifier'
            ? textOf(specifier.imported)
            : specifier.type === 'ExportSpecifier'
              ? textOf(specifier.local)
              : specifier.type === 'ImportDefaultSpecifier'
                ? 'default'
                : '*',
          specifier.start,
        ),
      )
      return links.length === 0 ? [of(null, statement.start)] : links
    }
    case 'ExportAllDeclaration':
      return [linkOf(statement, String(statement.source.value))('*', statement.start)]
    default:
      return []
  }
}

function linkOf(statement: AnyNode, request: string): (name: string | null, offset: number) => Link {
  const attributes: Record<string, string> = {}
  if ('attributes' in statement)
    for (const { key, value } of statement.attributes) attributes[textOf(key)] = String(value.value)
  return (name, offset) => ({ request, name, offset, attributes })
}

type NameSyntax = { type: 'Identifier'; name: string } | { type: 'Literal'; value?: unknown }

const textOf = (node: NameSyntax) => (node.type === 'Identifier' ? node.name : String(node.value))

/** Everything that a module may ask for, whenever that is. */
export interface PossibleRequests {
  /** As they are written. */
  literal: Set<string>
  /** Whether it may also ask for what its text does not tell. */
  computed: boolean
}

const possibleByModel = new WeakMap<Model, PossibleRequests>()

export function possibleRequests(model: Model): PossibleRequests {
  let possible = possibleByModel.get(model)
  if (!possible) {
    possible = { literal: new Set(linksIn(model).map(({ request }) => request)), computed: false }
    collectDynamic(model, possible)
    possibleByModel.set(model, possible)
  }
  return possible
}

/** `import()`, `require()`, `require.resolve()`, and `require` in the hands of somebody else. */
function collectDynamic(model: Model, possible: PossibleRequests): void {
  const note = (argument: AnyNode | undefined) => {
    const text = argument ? constantText(argument) : null
    if (text === null) possible.computed = true
    else possible.literal.add(text)
  }
  walk(model.parsed.program, (node, parent) => {
    if (node.type === 'ImportExpression') note(node.source)
    else if (node.type === 'CallExpression' && isRequire(node.callee)) note(node.arguments[0])
    else if (isRequire(node) && !isHarmless(node, parent)) possible.computed = true
    return true
  })
}

const isRequire = (node: AnyNode): boolean =>
  node.type === 'Identifier' && (node.name === 'require' || node.name === 'createRequire')

/** `require(…)` itself, `require.main`, `import { createRequire }`, and what is declared by that name. */
function isHarmless(node: AnyNode, parent: AnyNode | null): boolean {
  switch (parent?.type) {
    case 'CallExpression':
      return parent.callee === node
    case 'MemberExpression':
      return (
        parent.object !== node || (parent.property.type === 'Identifier' && parent.property.name === 'main')
      )
    case 'VariableDeclarator':
      return parent.id === node
    case 'ImportSpecifier':
      return true
    default:
      return false
  }
}

function constantText(node: AnyNode): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return null
  return node.quasis[0]?.value.cooked ?? null
}
