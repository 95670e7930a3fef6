import type { Files } from './hot-program.ts'

/** Modules in one folder. */
const FOLDER = 50

/** An application of as many modules as are wanted. */
export interface GeneratedApp {
  modules: number
  /** What it answers with, which the code of one of its modules says; and the version of its processes. */
  version: string
  /** Stateful processes that it starts. Default: none. */
  processes?: number
}

/** The file that it is run by. */
export const GENERATED_ENTRY = 'server.js'

/**
 * Its files: modules of some 50 lines each, with functions, a class, constants, state, and imports of others. From one version to the next one
 * module differs, and the one that defines its processes.
 */
export function generateApp(app: GeneratedApp): Files {
  const files: Files = { [GENERATED_ENTRY]: entryText(app) }
  for (let index = 0; index < app.modules; index += 1)
    files[fileOf(index)] = moduleText(index, app.modules, index === 0 ? app.version : '1.0.0')
  if (app.processes !== undefined) files['counter.js'] = processText(app.version)
  return files
}

const folderOf = (index: number) => `part-${Math.floor(index / FOLDER)}`
const fileOf = (index: number) => `${folderOf(index)}/module-${index}.js`

/** Each imports two others of its folder, as in a tree, where those are there. */
function moduleText(index: number, modules: number, version: string): string {
  const isThere = (other: number) => other % 7 !== 0 && other < modules && folderOf(other) === folderOf(index)
  const imports = [index * 2 + 1, index * 2 + 2].filter(isThere)
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

function entryText({ modules, processes }: GeneratedApp): string {
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
  response.setHeader('x-version', version0())
  response.end(String(total([1, 2, 3])))
})
server.listen(process.env.PORT, () => process.send?.('listening'))
`
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
