import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { tempDir } from './support/pack-app.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PAGES = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })]

interface Example {
  page: string
  line: number
  language: string
  code: string
}

/** The examples that use this package. */
const EXAMPLES = PAGES.flatMap(examplesOf).filter(({ code }) => /from 'beam-deploy(\/\w+)?'/.test(code))

function examplesOf(page: string): Example[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(js|ts)\n(.*?)^```$/gms)].map(
    ({ index, 1: language = '', 2: code = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      language,
      code,
    }),
  )
}

test('the examples of every page are right: they pass the compiler, with the types of this package', async t => {
  const dir = tempDir(t)
  assert.ok(EXAMPLES.length > 30, `${EXAMPLES.length} examples`)
  for (const { page, line, language, code } of EXAMPLES)
    writeFileSync(join(dir, `${page.replaceAll('/', '+')}+${line}.m${language}`), code)
  // What the README's application imports.
  writeFileSync(join(dir, 'app.js'), '/** @type {any} */\nexport const createApp = undefined\n')
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  const options = {
    allowJs: true,
    checkJs: true,
    noImplicitAny: false,
    rootDir: '/',
    paths: {
      'beam-deploy': [join(ROOT, 'src/index.ts')],
      'beam-deploy/process': [join(ROOT, 'src/process.ts')],
      'beam-deploy/hot': [join(ROOT, 'src/hot.ts')],
      'beam-deploy/ws': [join(ROOT, 'src/ws.ts')],
      ws: [join(ROOT, 'node_modules/@types/ws/index.d.mts')],
      express: [join(ROOT, 'node_modules/express/index.js')],
    },
    typeRoots: [join(ROOT, 'node_modules/@types')],
  }
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: options,
    include: ['*'],
    exclude: [],
  }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config))
  assert.equal(await compile(dir), '')
})

/** What the compiler complains of. */
function compile(dir: string): Promise<string> {
  return new Promise(done => {
    execFile(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: dir }, (_error, stdout, stderr) =>
      done(stdout + stderr),
    )
  })
}
