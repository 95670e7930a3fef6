import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tempDir } from '../../test/support/pack-app.ts'
import type { Scope } from '../../test/support/scope.ts'
import { ENTRY } from './apps.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Modules in one folder. */
const FOLDER = 50

export interface GeneratedApp {
  modules: number
  /** What it answers with, and what the code of one of its modules says. */
  version: string
  /** Stateful processes that it starts; with them the version is theirs too. */
  processes?: number
  /** More statements of its entry. */
  entry?: string
}

/**
 * Writes an application of as many modules as are wanted, of some 50 lines each: functions, a class, constants, state, and imports of others.
 * From one version to the next one module differs. Returns its folder.
 */
export function layOutGenerated(scope: Scope, app: GeneratedApp): string {
  const dir = join(tempDir(scope), `app-${app.version}`)
  mkdirSync(dir, { recursive: true })
  const manifest = { name: 'generated', version: app.version, type: 'module', main: ENTRY }
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest))
  for (let index = 0; index < app.modules; index += 1) {
    if (index % FOLDER === 0) mkdirSync(join(dir, folderOf(index)), { recursive: true })
    const version = index === 0 ? app.version : '1.0.0'
    writeFileSync(join(dir, fileOf(index)), moduleText(index, version))
  }
  writeFileSync(join(dir, ENTRY), entryText(app))
  if (app.processes !== undefined) {
    mkdirSync(join(dir, 'node_modules'))
    symlinkSync(ROOT, join(dir, 'node_modules/beam-deploy'))
    writeFileSync(join(dir, 'counter.js'), processText(app.version))
  }
  return dir
}

const folderOf = (index: number) => `part-${Math.floor(index / FOLDER)}`
const fileOf = (index: number) => `${folderOf(index)}/module-${index}.js`

/** Each imports the two below it, as in a tree of packages. */
function moduleText(index: number, version: string): string {
  const below = [index * 2 + 1, index * 2 + 2].filter(other => other % 7 !== 0 && other < index + FOLDER)
  const imports = below.filter(other => other > index && Math.floor(other / FOLDER) === Math.floor(index / FOLDER))
  return `${imports.map(other => `import { total${other} } from './module-${other}.js'`).join('\n')}

const LIMIT = ${index + 10}
const names = new Map()
const DEFAULTS = { size: LIMIT * 2, label: 'module ${index}', tags: ['a', 'b', 'c'] }
let calls = 0

export class Store${index} {
  #items = []
  size = 0

  constructor(options = DEFAULTS) {
    this.options = { ...DEFAULTS, ...options }
  }

  add(item) {
    this.#items.push(item)
    this.size += 1
    return this
  }

  find(test) {
    for (const item of this.#items) if (test(item)) return item
    return null
  }

  get label() {
    return \`\${this.options.label}: \${this.size}\`
  }
}

export const version${index} = () => '${version}'

/** Counts, and remembers under which name. */
export function remember${index}(name, value = names.size) {
  if (names.size > LIMIT) names.delete(names.keys().next().value)
  names.set(name, value)
  calls += 1
  return names.size
}

export const normalise${index} = text =>
  text
    .split(/\\s+/)
    .filter(word => word.length > 0)
    .map(word => word.toLowerCase())
    .join(' ')

export function total${index}(numbers) {
  let sum = calls % 2
  for (const number of numbers) {
    if (Number.isNaN(number)) continue
    sum += clamp(number, 0, LIMIT)
  }
  return sum${imports.map(other => ` + total${other}([])`).join('')}
}

function clamp(number, low, high) {
  return Math.max(low, Math.min(high, number))
}
`
}

function entryText({ modules, processes, entry = '' }: GeneratedApp): string {
  const all = Array.from({ length: modules }, (_, index) => index)
  return `import { createServer } from 'node:http'
import { version0 } from './${fileOf(0)}'
${all.map(index => `import { remember${index}, total${index}, normalise${index} } from './${fileOf(index)}'`).join('\n')}
${processes === undefined ? '' : `import { counter } from './counter.js'\nfor (let id = 0; id < ${processes}; id += 1) await counter.instance(String(id)).start()`}

const work = [${all.map(index => `[remember${index}, total${index}, normalise${index}]`).join(',\n')}]
let next = 0

const server = createServer((request, response) => {
  const [remember, total, normalise] = work[next++ % work.length]
  remember(normalise(request.url))
  response.setHeader('x-total', total([1, 2, 3]))
  response.end(version0())
})
server.listen(process.env.PORT, () => process.send?.('listening'))
${entry}`
}

const processText = (version: string) => `import { defineProcess } from 'beam-deploy/process'

export const counter = defineProcess({
  name: 'counter',
  version: '${version}',
  init: () => ({ count: 0, names: ['a', 'b'] }),
  calls: { increment: state => (state.count += 1), get: state => state },
  codeChange: (from, state) => ({ ...state, from }),
})
`
