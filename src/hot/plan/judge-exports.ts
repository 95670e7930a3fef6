import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import { WHOLE } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { Decision, World } from './decide.ts'
import { exportName } from './holders.ts'
import type { Running } from './judge.ts'
import { readsIn } from './reads.ts'
import { reasonFor } from './reasons.ts'
import { exportsIn, type WorldModule } from './world.ts'

/** Exports that are to be set, and were defined such that they cannot be: compilers do so with what they pass on. */
export function fixedExports({ modules }: World, { affected }: Decision, running: Running): HotReason[] {
  const added = modules.flatMap(module => (module.difference?.added ?? []).map(unit => ({ module, unit })))
  const anew = [...affected].map(([unit, { module }]) => ({ module, unit }))
  return [...added, ...anew].flatMap(({ module, unit }) => {
    const name = namesSet(unit).find(each => running.isFixed(module, each))
    if (name === undefined) return []
    const what = `\`${exportName(name)}\` cannot be set: it was defined such that it stays as it is`
    return [reasonFor(module, module.after, unit, what, 'Leave it as it was, or use `upgrade()`.')]
  })
}

function namesSet({ unit }: UnitPiece): string[] {
  return unit.kind === 'export' && !unit.exports.includes(WHOLE) ? unit.exports : []
}

/** Exports that were all of something else, and are an object of their own now: who has them has what they were. */
export function lostWholes({ removedExports }: Decision): HotReason[] {
  return removedExports.flatMap(({ module, name }) => {
    if (name !== WHOLE) return []
    const message = 'what `module.exports` is set to is another kind of thing now, and others have the former'
    return [{ module: module.key, line: null, message, remedy: 'Use `upgrade()`.', allow: null }]
  })
}

/** Exports that are gone and cannot be taken away, in words. */
export function remainingExports({ removedExports }: Decision, running: Running): string[] {
  return removedExports
    .filter(({ module, name }) => name !== WHOLE && running.isFixed(module, name))
    .map(({ module, name }) => `${module.key}: \`${exportName(name)}\` is gone, and stays defined as it was`)
}

/** ES modules have what a CommonJS module exported when they were linked: nothing sets it anew. */
export function staleImports({ importersOf }: World, { changes, removedExports }: Decision): HotReason[] {
  const reasons: HotReason[] = []
  for (const key of changes.values.keys()) {
    const [source = '', name = ''] = key.split('|exports.')
    if (!key.includes('|exports.')) continue
    const isGone = removedExports.some(({ module, name: gone }) => module.key === source && gone === name)
    for (const importer of importersOf(source)) {
      const model = importer.format === 'module' ? importer.after : null
      if (model === null || importer.before === null) continue
      const at = placeOfImport(importer, model, source, name, isGone)
      if (at === null) continue
      reasons.push({
        module: importer.key,
        line: at === 0 ? null : model.line(at),
        message: `it has \`${name}\` of ${source} since it was linked, and that gets another value: ${changes.values.get(key)}`,
        remedy: `Use it as a property of the default import, or use \`upgrade()\`.`,
        allow: `${importer.key}:${name}`,
      })
    }
  }
  return reasons
}

/** Where a module uses an export by a binding of its own, which is the value from when it was linked; `null` where it does not. */
function placeOfImport(
  importer: WorldModule,
  model: Model,
  source: string,
  name: string,
  isGone: boolean,
): number | null {
  const isSource = (request: string) => {
    const target = importer.target(request)
    return target?.key === source && target.format === 'commonjs'
  }
  const isIt = (imported: string) =>
    isDefault(imported) ? name === WHOLE : imported === name || name === WHOLE
  for (const read of readsIn(model)) {
    if (read.of !== 'variable') continue
    const imported = model.imports.get(read.name)
    if (!imported || !isSource(imported.request)) continue
    // By its name it could not even be linked: that is another reason.
    if (isGone && imported.name !== '*') continue
    const [member] = read.path
    const used = imported.name === '*' ? (member ?? name) : imported.name
    if (isIt(used)) return read.offset
  }
  if (isGone) return null
  const { named, stars } = exportsIn(model)
  for (const exported of named.values())
    if (exported.from === 'there' && isSource(exported.request) && isIt(exported.name)) return 0
  return stars.some(isSource) ? 0 : null
}

const isDefault = (name: string) => name === 'default' || name === 'module.exports'
