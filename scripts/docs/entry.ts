import {
  ApiConstructor,
  ApiDeclaredItem,
  ApiFunction,
  ApiInitializerMixin,
  type ApiItem,
  ApiItemContainerMixin,
  type ApiItemKind,
  ApiMethodSignature,
  ApiOptionalMixin,
  ApiPropertyItem,
  ExcerptTokenKind,
} from '@microsoft/api-extractor-model'
import { type Comment, type Link, readComment } from './comment.ts'

/** Something that the package exports. */
export interface Entry {
  name: string
  kind: ApiItemKind
  item: ApiItem
  /** Of a function: its further signatures. */
  overloads: ApiItem[]
}

/** A declaration of more lines says less than its docstring; so does one that only has its name. */
const MAX_LINES = 30
const ONLY_NAME = /^(interface|class) \w+$/

/** The headings of an entry: its own, and those of what can be called in it. */
export const headingsOf = ({ name, item }: Entry): string[] => [
  name,
  ...callablesOf(item).map(callable => headingOf(name, callable)),
]

export const summaryOf = (entry: Entry, link: Link): string => documented(entry, link).summary

export function writeEntry(entry: Entry, link: Link, isLinkable: (name: string) => boolean): string {
  const { name, item, overloads } = entry
  const types = [item, ...overloads, ...membersOf(item)].flatMap(typesIn)
  const others = new Set(types.filter(type => type !== name && isLinkable(type)))
  return [
    `### ${name}\n`,
    codeOf([item, ...overloads]),
    describe(documented(entry, link)),
    fieldsOf(item, link),
    others.size > 0 && `Types: ${[...others].map(link).join(', ')}.\n`,
    ...callablesOf(item).flatMap(callable => {
      const heading = headingOf(name, callable)
      return [`#### ${heading}\n`, codeOf([callable]), describe(commentOf(callable, link))]
    }),
  ]
    .filter(Boolean)
    .join('\n')
}

/** What has a name of its own is to be described, with its parameters; a field may speak for itself. */
function documented({ name, item, overloads }: Entry, link: Link): Comment {
  const items = [item, ...overloads]
  const comment = items.map(one => commentOf(one, link)).find(({ summary }) => summary !== '')
  if (!comment) throw new Error(`${name} has no docstring`)
  const described = new Set(comment.params.map(param => param.name))
  const parameters = items.filter(one => one instanceof ApiFunction).flatMap(one => one.parameters)
  const missing = parameters.find(parameter => !described.has(parameter.name))
  if (missing) throw new Error(`the docstring of ${name} has no @param ${missing.name}`)
  return comment
}

const commentOf = (item: ApiItem, link: Link): Comment =>
  readComment(item instanceof ApiDeclaredItem ? item.tsdocComment : undefined, link)

function describe({ summary, params, returns, throws, examples }: Comment): string {
  const parts = [
    summary,
    params.length > 0 &&
      `**Parameters**\n\n${params.map(({ name, text }) => `- \`${name}\`: ${text}`).join('\n')}`,
    returns && `**Returns** ${returns}`,
    ...throws.map(text => `**Throws** ${text}`),
    ...examples.map(text => `**Example**\n\n${text}`),
  ]
  return parts
    .filter(Boolean)
    .map(part => `${part}\n`)
    .join('\n')
}

function codeOf(items: readonly ApiItem[]): string | false {
  const code = items
    .filter(item => item instanceof ApiDeclaredItem)
    .map(({ excerpt }) => excerpt.text.replace(/^export (declare )?/, '').replace(/;?\s*$/, ''))
    .join('\n')
  return !ONLY_NAME.test(code) && code.split('\n').length <= MAX_LINES && `\`\`\`ts\n${code}\n\`\`\`\n`
}

/** Properties, and methods of which nothing is told; what must be there comes first. */
function fieldsOf(item: ApiItem, link: Link): string | false {
  const isOptional = (member: ApiItem) => ApiOptionalMixin.isBaseClassOf(member) && member.isOptional
  const rows = membersOf(item)
    .toSorted((a, b) => Number(isOptional(a)) - Number(isOptional(b)))
    .flatMap(member => {
      const { summary } = commentOf(member, link)
      if (member instanceof ApiPropertyItem)
        return row(member.displayName + (isOptional(member) ? '?' : ''), typeOf(member), summary)
      if (!(member instanceof ApiMethodSignature) || summary !== '') return []
      const [, parameters = '', type = ''] = /^\w+(\(.*\)): (.*);$/s.exec(member.excerpt.text) ?? []
      return row(member.displayName + parameters, type, '')
    })
  return rows.length > 0 && `${['| field | type | |', '|---|---|---|', ...rows].join('\n')}\n`
}

/** A constant has no type but its value. */
function typeOf(property: ApiPropertyItem): string {
  const item: ApiItem = property
  const value = ApiInitializerMixin.isBaseClassOf(item) ? item.initializerExcerpt?.text : undefined
  return property.propertyTypeExcerpt.text || value || ''
}

const row = (name: string, type: string, text: string) =>
  `| \`${cell(name)}\` | \`${cell(type)}\` | ${cell(text)} |`

const membersOf = (item: ApiItem): readonly ApiItem[] =>
  ApiItemContainerMixin.isBaseClassOf(item) ? item.members : []

/** What of it has a section of its own. */
const callablesOf = (item: ApiItem) =>
  membersOf(item).filter(
    member =>
      member instanceof ApiConstructor ||
      (member instanceof ApiMethodSignature && member.tsdocComment !== undefined),
  )

const headingOf = (owner: string, callable: ApiItem) =>
  callable instanceof ApiConstructor ? `new ${owner}` : `${owner}.${callable.displayName}`

/** The names of types in a declaration. */
function typesIn(item: ApiItem): string[] {
  if (!(item instanceof ApiDeclaredItem)) return []
  return item.excerptTokens.filter(({ kind }) => kind === ExcerptTokenKind.Reference).map(({ text }) => text)
}

const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
