import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import { readsIn } from '../plan/reads.ts'

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
