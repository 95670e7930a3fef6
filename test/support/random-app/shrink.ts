import { removeItem } from './edits.ts'
import type { AppFormat } from './make-app.ts'
import { type AppModel, type Expression, find, itemsOf } from './model.ts'
import type { FreshStarts, Version } from './versions.ts'

/** A list of versions, one after the other, smaller than another list in one way each. */
function* smaller(apps: AppModel[]): Generator<AppModel[]> {
  const ids = (of: (app: AppModel) => number[]) => [...new Set(apps.flatMap(of))]
  const without = (change: (app: AppModel) => void) =>
    apps.map(app => {
      const copy = structuredClone(app)
      change(copy)
      return copy
    })
  for (let index = 1; index < apps.length - 1; index += 1) yield apps.toSpliced(index, 1)
  if (apps.length > 2) yield apps.slice(1)
  for (const id of ids(app => app.modules.map(module => module.id)))
    yield without(app => {
      const module = app.modules.find(each => each.id === id)
      if (!module) return
      for (const item of [...module.items]) removeItem(app, module, item)
      app.modules.splice(app.modules.indexOf(module), 1)
    })
  for (const id of ids(app => itemsOf(app).map(item => item.id)))
    yield without(app => {
      const found = find(app, id)
      if (found) removeItem(app, found.module, found.item)
    })
  for (const id of ids(app => itemsOf(app).map(item => item.id))) {
    for (const key of new Set(apps.flatMap(app => find(app, id)?.item.parts.map(part => part.key) ?? []))) {
      if (key.startsWith('p'))
        yield without(app => {
          const item = find(app, id)?.item
          if (item) item.parts = item.parts.filter(part => part.key !== key)
        })
      const simplify = (simpler: (value: Expression) => Expression) =>
        without(app => {
          for (const part of find(app, id)?.item.parts ?? [])
            if (part.key === key) part.value = simpler(part.value)
        })
      yield simplify(value => (value.kind === 'number' ? value : { kind: 'number', value: 1 }))
      yield simplify(value => (value.kind === 'binary' ? value.left : value))
      yield simplify(value => (value.kind === 'binary' ? value.right : value))
      yield simplify(value =>
        value.kind === 'use'
          ? { ...value, given: value.given.map(() => ({ kind: 'number', value: 1 })) }
          : value,
      )
    }
  }
  for (const id of ids(app => app.modules.map(module => module.id)))
    yield without(app => {
      const module = app.modules.find(each => each.id === id)
      if (module) {
        module.passesOn = []
        module.stars = []
        module.defaultItem = null
      }
    })
}

/** The smallest list of versions that still fails, by trying one smaller list after the other. */
export async function shrink(
  apps: AppModel[],
  fresh: FreshStarts,
  format: AppFormat,
  fails: (versions: Version[]) => Promise<boolean>,
  limit = 400,
): Promise<Version[]> {
  let best = apps
  let found: Version[] = []
  let tries = 0
  for (let progress = true; progress; ) {
    progress = false
    for (const candidate of smaller(best)) {
      if (JSON.stringify(candidate) === JSON.stringify(best)) continue
      tries += 1
      if (tries > limit) return found
      const versions: Version[] = []
      for (const app of candidate) {
        const version = await fresh.of(app, format)
        if (version) versions.push(version)
      }
      if (versions.length < candidate.length || !(await fails(versions))) continue
      best = candidate
      found = versions
      progress = true
      break
    }
  }
  return found
}
