import { type ApiItem, ApiItemKind } from '@microsoft/api-extractor-model'
import { anchorsOf } from './anchors.ts'
import type { Link } from './comment.ts'
import { type Entry, headingsOf, summaryOf, writeEntry } from './entry.ts'

const TITLE = 'API'
const HEAD = `# ${TITLE}

What \`import { … } from 'beam-deploy'\` gives. This page is made from the docstrings of the sources by \`npm run docs\`, and an editor
shows the same text. [Keeping state over an upgrade](state.md) says what to use when; error codes are in [Errors](errors.md).
`

interface Section {
  title: string
  entries: Entry[]
}

/** The whole page, with everything in the order of the alphabet: it has no other that the sources could tell. */
export function writePage(members: readonly ApiItem[]): string {
  const entries = entriesOf(members)
  const section = (title: string, ...kinds: ApiItemKind[]): Section => ({
    title,
    entries: entries.filter(({ kind }) => kinds.includes(kind)),
  })
  const sections = [
    section('Functions', ApiItemKind.Function),
    section('Errors', ApiItemKind.Class, ApiItemKind.Variable),
    section('Types', ApiItemKind.Interface, ApiItemKind.TypeAlias),
  ]
  const left = entries.find(entry => !sections.some(({ entries }) => entries.includes(entry)))
  if (left) throw new Error(`${left.name}: no section is for a ${left.kind}`)

  const headings = sections.flatMap(({ title, entries }) => [title, ...entries.flatMap(headingsOf)])
  const anchors = anchorsOf([TITLE, ...headings])
  const link: Link = name => {
    const anchor = anchors.get(name)
    if (anchor === undefined) throw new Error(`${name} is linked to, and is not on the page`)
    return `[\`${name}\`](#${anchor})`
  }
  const isLinkable = (name: string) => anchors.has(name)
  return [
    HEAD,
    ...sections.flatMap(({ title, entries }) => [
      `## ${title}\n`,
      title === 'Functions'
        ? overviewOf(entries, link)
        : `${entries.map(({ name }) => link(name)).join(' · ')}\n`,
      ...entries.map(entry => writeEntry(entry, link, isLinkable)),
    ]),
  ].join('\n')
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
