import { addItem } from './make-items.ts'
import { type AppModel, exportUsed, type Format, type ModuleModel } from './model.ts'
import type { Random } from './random.ts'

export type AppFormat = Format | 'mixed'

/** An application of a few modules with a few items each. */
export function makeApp(random: Random, format: AppFormat): AppModel {
  const app: AppModel = { modules: [], nextId: 0 }
  for (let count = 2 + random.below(4); count > 0; count -= 1) addModule(app, random, format)
  for (let count = 8 + random.below(18); count > 0; count -= 1) {
    const module = random.pick(app.modules)
    if (module) addItem(app, module, random)
  }
  return exportUsed(app)
}

export function addModule(app: AppModel, random: Random, format: AppFormat): ModuleModel {
  const module: ModuleModel = {
    id: app.nextId,
    format: format === 'mixed' ? (random.chance(0.5) ? 'module' : 'commonjs') : format,
    style: random.below(1000),
    items: [],
    passesOn: [],
    stars: [],
    defaultItem: null,
  }
  app.nextId += 1
  app.modules.push(module)
  passOn(app, module, random)
  return module
}

/** Something that the module exports from another one. */
export function passOn(app: AppModel, module: ModuleModel, random: Random): void {
  const others = app.modules.filter(other => other !== module)
  const star = random.pick(others)
  if (module.format === 'module' && star && random.chance(0.4) && !module.stars.includes(star.id))
    module.stars.push(star.id)
  const item = random.pick(
    others
      .filter(({ format }) => module.format === 'module' || format === 'commonjs')
      .flatMap(({ items }) => items)
      .filter(({ isExported, kind }) => isExported && kind !== 'state' && kind !== 'handler'),
  )
  if (item && random.chance(0.6)) {
    app.nextId += 1
    module.passesOn.push({ item: item.id, name: `via${app.nextId}` })
  }
}

/** Of its entry and helpers. */
export const entryFormat = (format: AppFormat): Format => (format === 'mixed' ? 'module' : format)
