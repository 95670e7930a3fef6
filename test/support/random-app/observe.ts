import { type AppModel, type Expression, fileOf, type Item, type ModuleModel } from './model.ts'
import { lookedAt } from './write-module.ts'

/** What is seen of a running application: by item, or by item and part. */
export interface Seen {
  /** What it holds. */
  state: Record<string, unknown>
  /** What its code gives, whatever the state is. */
  code: Record<string, unknown>
}

/** What a process that runs a version is asked for. */
export interface Look {
  /** Address of an entry that is started afresh; `null` for the one that the process was started with. */
  entry: string | null
  file: string
  modules: string[]
  /** What is read from outside of the application. */
  exports: { file: string; id: number; name: string; kind: string }[]
  /** Functions that were kept when they were first seen, and are called: as long as they have the same name in the same module. */
  kept: { id: number; kind: string; name: string }[]
  /** Whether to look at what code gives, which changes the state. */
  changes: boolean
}

export function lookAt(app: AppModel, file: string, entry: string | null, changes: boolean): Look {
  return {
    entry,
    file,
    changes,
    modules: app.modules.map(fileOf),
    exports: app.modules.flatMap(module => lookedAt(module).map(each => ({ ...each, file: fileOf(module) }))),
    kept: app.modules.flatMap(module => module.items.flatMap(item => keptOf(item, module))),
  }
}

function keptOf({ id, kind, flavour, name, parts }: Item, module: ModuleModel): Look['kept'] {
  // A closure that is kept keeps what its factory has worked out for it.
  const captures = parts.some(({ key, value }) => key === 'inner' && namesLocal(value, 'j'))
  if (kind !== 'function' && kind !== 'class' && (kind !== 'factory' || captures)) return []
  const special = flavour === 'generator' || flavour === 'object'
  return [{ id, kind: special ? flavour : kind, name: `${name} ${fileOf(module)}` }]
}

function namesLocal(expression: Expression, name: string): boolean {
  switch (expression.kind) {
    case 'local':
      return expression.name === name
    case 'binary':
      return namesLocal(expression.left, name) || namesLocal(expression.right, name)
    case 'use':
      return expression.given.some(each => namesLocal(each, name))
    default:
      return false
  }
}

/** Runs in the process. The state comes first, since what code gives may change it. */
export const LOOK = `
  const app = given.entry === null ? await load('./' + given.file) : await import(given.entry)
  const modules = new Map()
  for (const file of given.modules) modules.set(file, await app.load('./' + file))
  const seen = { state: {}, code: {} }
  for (const module of modules.values()) Object.assign(seen.state, module.state())
  if (!given.changes) return seen
  for (const module of modules.values()) Object.assign(seen.code, await module.probe())
  const now = {}
  for (const module of modules.values()) Object.assign(now, module.kept())
  globalThis.keptBefore ??= new Map()
  for (const { id, kind, name } of given.kept) {
    const before = globalThis.keptBefore.get(id)
    const isSame = given.entry === null && before && before.name === name && before.kind === kind
    const kept = isSame ? before : { name, kind, value: now[id] }
    if (!isSame) {
      if (kind === 'class') kept.instance = new now[id](3)
      if (kind === 'factory') kept.closure = now[id](3)
      if (kind === 'object') kept.closure = now[id](3).go
      if (given.entry === null) globalThis.keptBefore.set(id, kept)
    }
    const { value, instance, closure } = kept
    if (kind === 'class') {
      seen.code[id + ' kept class'] = new value(3).run(4)
      seen.code[id + ' kept instance'] = instance.run(4)
    } else if (kind === 'generator') seen.code[id + ' kept'] = [...value(3, 4)][0]
    else if (kind === 'function') seen.code[id + ' kept'] = await value(3, 4)
    else seen.code[id + ' kept closure'] = closure(4)
  }
  for (const { file, id, name, kind } of given.exports) {
    const loaded = modules.get(file)
    const module = file.endsWith('.cjs') ? (loaded.default ?? loaded) : loaded
    // An ES module that lives cannot get more exports.
    if (!(name in module)) continue
    seen.code[id + ' export'] = kind === 'function' ? await module[name](3, 4) : module[name]
  }
  return seen
`
