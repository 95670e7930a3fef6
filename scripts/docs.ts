import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type ApiItem, ApiItemKind } from '@microsoft/api-extractor-model'
import { extractApi } from './docs/extract.ts'
import { linksTo, type PageHead, writePage } from './docs/page.ts'

/**
 * `npm run docs`: writes the pages of the API from the types and docstrings that the entry points export. With `--check` it writes
 * nothing, and fails when a page is not what the sources say.
 */
const MADE =
  'This page is made from the docstrings of the sources by `npm run docs`, and an editor\nshows the same text.'

const PAGES = [
  {
    page: 'docs/api.md',
    entry: 'dist/types/index.d.ts',
    title: 'API',
    intro: `What \`import { … } from 'beam-deploy'\` gives. ${MADE} [Keeping state over an upgrade](state.md) says what to use when; error codes are in [Errors](errors.md).`,
  },
  {
    page: 'docs/api-process.md',
    entry: 'dist/types/process.d.ts',
    title: 'API of stateful processes',
    intro: `What \`import { … } from 'beam-deploy/process'\` gives. ${MADE} [Stateful processes](process.md) says how they behave; error codes are in [Errors](errors.md).`,
  },
  {
    page: 'docs/api-ws.md',
    entry: 'dist/types/ws.d.ts',
    title: 'API for WebSockets',
    intro: `What \`import { … } from 'beam-deploy/ws'\` gives. ${MADE} [WebSockets](websockets.md) says how they move; error codes are in [Errors](errors.md).`,
  },
] as const satisfies (PageHead & { page: string; entry: string })[]

const [main] = PAGES
const membersOfMain = membersOf(main.entry)
const toMain = linksTo(basename(main.page), membersOfMain)

for (const head of PAGES) {
  const isMain = head === main
  const text = writePage(head, isMain ? membersOfMain : membersOf(head.entry), isMain ? undefined : toMain)
  if (!process.argv.includes('--check')) {
    writeFileSync(head.page, text)
  } else if (readFileSync(head.page, 'utf8') !== text) {
    process.stderr.write(`${head.page} is not what the docstrings say. Write it anew with: npm run docs\n`)
    process.exitCode = 1
  }
}

function membersOf(declarations: string): readonly ApiItem[] {
  const [entry] = extractApi(declarations).members
  if (entry?.kind !== ApiItemKind.EntryPoint) throw new Error(`${declarations} exports nothing`)
  return entry.members
}
