import { type ApiItem, ApiItemKind } from '@microsoft/api-extractor-model'
import { anchorsOf } from './anchors.ts'
import type { Link } from './comment.ts'
import { type Entry, headingsOf, summaryOf, writeEntry } from './entry.ts'

/** What one page is about. */
export interface PageHead {
  title: string
  /** Markdown. */
  intro: string
}

/** Where the names of another page are: links, by name. */
export type Elsewhere = ReadonlyMap<string, string>

interface Section {
  title: string
  entries: Entry[]
}

/** The whole page, with everything in the order of the alphabet: it has no other that the sources could tell. */
export function writePage(
  { title: pageTitle, intro }: PageHead,
  members: readonly ApiItem[],
  elsewhere: Elsewhere = new Map(),
): string {
  const entries = entriesOf(members)
  const section = (title: string, ...kinds: ApiItemKind[]): Section => ({
    title,
    entries: entries.filter(({ kind }) => kinds.includes(kind)),
  })
  const sections = [
    section('Functions', ApiItemKind.Function),
    section('Errors', ApiItemKind.Class, ApiItemKind.Variable),
    section('Types', ApiItemKind.Interface, ApiItemKind.TypeAlias),
  ].filter(({ entries }) => entries.length > 0)
  const left = entries.find(entry => !sections.some(({ entries }) => entries.includes(entry)))
  if (left) throw new Error(`${left.name}: no section is for a ${left.kind}`)

  const headings = sections.flatMap(({ title, entries }) => [title, ...entries.flatMap(headingsOf)])
  const anchors = anchorsOf([pageTitle, ...headings])
  const link: Link = name => {
    const anchor = anchors.get(name)
    const url = anchor === undefined ? elsewhere.get(name) : `#${anchor}`
    if (url === undefined) throw new Error(`${name} is linked to, and is on no page`)
    return `[\`${name}\`](${url})`
  }
  const isLinkable = (name: string) => anchors.has(name)
  return [
    `# ${pageTitle}\n\n${intro}\n`,
    ...sections.flatMap(({ title, entries }) => [
      `## ${title}\n`,
      title === 'Functions'
        ? overviewOf(entries, link)
        : `${entries.map(({ name }) => link(name)).join(' · ')}\n`,
      ...entries.map(entry => writeEntry(entry, link, isLinkable)),
    ]),
  ].join('\n')
}

/** Links to everything on a page, for another. */
export function linksTo(page: string, members: readonly ApiItem[]): Elsewhere {
  const names = entriesOf(members).flatMap(headingsOf)
  return new Map([...anchorsOf(names)].map(([name, anchor]) => [name, `${page}#${anchor}`]))
}

/** Overloads are one entry. */
function entriesOf(members: readonly ApiItem[]): Entry[] {
  const byName = Map.groupBy(members, ({ displayName }) => displayName)
  return [...byName]
    .map(([name, [item, ...overloads]]) => {
      if (!item) throw new Error(`${name} is nothing`)
      return { name, kind: item.kind, item, overloads }
    })
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
}

function overviewOf(entries: readonly Entry[], link: Link): string {
  const rows = entries.map(entry => `| ${link(entry.name)} | ${firstSentence(summaryOf(entry, link))} |`)
  return ['| function | |', '|---|---|', ...rows, ''].join('\n')
}

const firstSentence = (text: string) => text.replaceAll('\n', ' ').replace(/(?<=\.) .*$/, '')
