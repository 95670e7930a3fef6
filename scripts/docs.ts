import { readFileSync, writeFileSync } from 'node:fs'
import { ApiItemKind } from '@microsoft/api-extractor-model'
import { extractApi } from './docs/extract.ts'
import { writePage } from './docs/page.ts'

/**
 * `npm run docs`: writes `docs/api.md` from the types and docstrings that `src/index.ts` exports. With `--check` it writes nothing,
 * and fails when the page is not what the sources say.
 */
const PAGE = 'docs/api.md'

const [entry] = extractApi('dist/types/index.d.ts').members
if (entry?.kind !== ApiItemKind.EntryPoint) throw new Error('there is nothing to document')
const page = writePage(entry.members)

if (!process.argv.includes('--check')) {
  writeFileSync(PAGE, page)
} else if (readFileSync(PAGE, 'utf8') !== page) {
  process.stderr.write(`${PAGE} is not what the docstrings say. Write it anew with: npm run docs\n`)
  process.exitCode = 1
}
