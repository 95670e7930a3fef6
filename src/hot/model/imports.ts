import type { ParsedModule } from '../syntax/parse.ts'
import { boundNames, DEFAULT } from './units.ts'

/** What a name of a module stands for in another one. */
export interface Imported {
  /** As it is written. */
  request: string
  /** The name that it has there; `*` for all of it. */
  name: string
}

/** The bindings that a module imports, by their local names. */
export function importsOf({ program }: ParsedModule): Map<string, Imported> {
  const imports = new Map<string, Imported>()
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration') continue
    const request = String(statement.source.value)
    for (const specifier of statement.specifiers)
      imports.set(specifier.local.name, { request, name: importedName(specifier) })
  }
  return imports
}

type ImportSpecifierSyntax = Extract<
  ParsedModule['program']['body'][number],
  { type: 'ImportDeclaration' }
>['specifiers'][number]

function importedName(specifier: ImportSpecifierSyntax): string {
  switch (specifier.type) {
    case 'ImportDefaultSpecifier':
      return 'default'
    case 'ImportNamespaceSpecifier':
      return '*'
    case 'ImportSpecifier':
      return textOf(specifier.imported)
    default: {
      const unreachable: never = specifier
      throw new Error(`unknown specifier ${JSON.stringify(unreachable)}`)
    }
  }
}

/** Where an export of an ES module comes from. */
export type Exported = { from: 'here'; local: string } | { from: 'there'; request: string; name: string }

export interface Exports {
  /** By the names that importers use. */
  named: Map<string, Exported>
  /** `export * from` these. */
  stars: string[]
}

export function exportsOf(parsed: ParsedModule): Exports {
  const imports = importsOf(parsed)
  const named = new Map<string, Exported>()
  const stars: string[] = []
  const here = (name: string, local: string) => {
    const imported = imports.get(local)
    named.set(name, imported ? { from: 'there', ...imported } : { from: 'here', local })
  }
  for (const statement of parsed.program.body) {
    switch (statement.type) {
      case 'ExportAllDeclaration': {
        const request = String(statement.source.value)
        if (statement.exported) named.set(textOf(statement.exported), { from: 'there', request, name: '*' })
        else stars.push(request)
        break
      }
      case 'ExportDefaultDeclaration': {
        const { declaration } = statement
        const local =
          'id' in declaration && declaration.type.endsWith('Declaration') ? declaration.id?.name : undefined
        named.set('default', { from: 'here', local: local ?? DEFAULT })
        break
      }
      case 'ExportNamedDeclaration': {
        const { declaration, source } = statement
        if (declaration?.type === 'VariableDeclaration')
          for (const { id } of declaration.declarations) for (const name of boundNames(id)) here(name, name)
        else if (declaration) here(declaration.id.name, declaration.id.name)
        for (const { local, exported } of statement.specifiers) {
          if (source)
            named.set(textOf(exported), { from: 'there', request: String(source.value), name: textOf(local) })
          else here(textOf(exported), textOf(local))
        }
        break
      }
      default:
        break
    }
  }
  return { named, stars }
}

type ExportedNameSyntax = { type: 'Identifier'; name: string } | { type: 'Literal'; value?: unknown }

const textOf = (node: ExportedNameSyntax) => (node.type === 'Identifier' ? node.name : String(node.value))
