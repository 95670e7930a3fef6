import { FLAVOURS } from './kinds.ts'
import { type AppFormat, addModule, passOn } from './make-app.ts'
import { addItem, addMore, changeExpression, partsOf } from './make-items.ts'
import { type AppModel, exportUsed, type Item, itemsOf, type ModuleModel } from './model.ts'
import type { Random } from './random.ts'

/** Changes an application in one place; `false` where there was nothing to change. */
type Edit = (app: AppModel, random: Random, format: AppFormat) => boolean

const changePart: Edit = (app, random) => {
  const found = random.pick(partsOf(app).filter(({ item }) => item.kind !== 'state' || random.chance(0.3)))
  if (!found) return false
  const { item, part } = found
  part.value = changeExpression(part.value, { app, item, part }, random)
  return true
}

const changeFunction: Edit = (app, random) => {
  const LATER = new Set(['later', 'method', 'arrow', 'static', 'getter', 'private'])
  const found = random.pick(partsOf(app).filter(({ part }) => LATER.has(part.flavour)))
  if (!found) return false
  const { item, part } = found
  part.value = changeExpression(part.value, { app, item, part }, random)
  return true
}

const changeFlavour: Edit = (app, random) => {
  const item = random.pick(
    itemsOf(app).filter(({ kind }) => kind === 'function' || kind === 'factory' || kind === 'constant'),
  )
  if (!item) return false
  const open = item.flavour === 'async' || item.flavour === 'generator'
  item.flavour = open
    ? item.flavour
    : (random.pick(FLAVOURS[item.kind].filter(flavour => flavour !== 'async' && flavour !== 'generator')) ??
      item.flavour)
  return true
}

const add: Edit = (app, random) => {
  const module = random.pick(app.modules)
  return module !== undefined && addItem(app, module, random) !== null
}

const addMember: Edit = (app, random) => {
  const item = random.pick(itemsOf(app))
  return item !== undefined && addMore(app, item, random)
}

const removeMember: Edit = (app, random) => {
  const found = random.pick(partsOf(app).filter(({ part }) => part.key.startsWith('p')))
  if (!found) return false
  found.item.parts.splice(found.item.parts.indexOf(found.part), 1)
  return true
}

const remove: Edit = (app, random) => {
  const module = random.pick(app.modules)
  const item = random.pick(module?.items ?? [])
  if (!module || !item) return false
  removeItem(app, module, item)
  return true
}

/** What named it names nothing; what was made of it goes with it. */
export function removeItem(app: AppModel, module: ModuleModel, item: Item): void {
  module.items.splice(module.items.indexOf(item), 1)
  if (module.defaultItem === item.id) module.defaultItem = null
  for (const other of app.modules) {
    other.passesOn = other.passesOn.filter(passed => passed.item !== item.id)
    for (const made of other.items.filter(({ of }) => of === item.id)) {
      if (made.kind === 'class' || made.kind === 'handler') made.of = null
      else removeItem(app, other, made)
    }
  }
}

const rename: Edit = (app, random) => {
  const item = random.pick(itemsOf(app).filter(({ kind }) => kind !== 'state'))
  if (!item) return false
  app.nextId += 1
  item.name = `${item.name.replace(/_.*/, '')}_${app.nextId}`
  return true
}

const reorder: Edit = (app, random) => {
  const module = random.pick(app.modules)
  if (!module || module.items.length < 2) return false
  const [item] = module.items.splice(random.below(module.items.length), 1)
  if (item) module.items.splice(random.below(module.items.length + 1), 0, item)
  return true
}

const move: Edit = (app, random) => {
  const from = random.pick(app.modules)
  const to = random.pick(app.modules)
  const item = random.pick((from?.items ?? []).filter(({ kind }) => kind !== 'state' && kind !== 'handler'))
  if (!from || !to || !item || from === to || from.format !== to.format) return false
  from.items.splice(from.items.indexOf(item), 1)
  if (from.defaultItem === item.id) from.defaultItem = null
  to.items.push(item)
  return true
}

const exportMore: Edit = (app, random) => {
  const item = random.pick(itemsOf(app))
  if (!item) return false
  item.isExported = !item.isExported
  return true
}

const setDefault: Edit = (app, random) => {
  const module = random.pick(app.modules.filter(({ format }) => format === 'module'))
  if (!module) return false
  module.defaultItem =
    random.pick(module.items.filter(({ kind }) => kind !== 'state' && kind !== 'handler'))?.id ?? null
  return true
}

const importOtherwise: Edit = (app, random) => {
  const module = random.pick(app.modules)
  if (!module) return false
  module.style = module.format === 'module' ? random.below(1000) : module.style + 3 * random.below(300)
  return true
}

const passMore: Edit = (app, random) => {
  const module = random.pick(app.modules)
  if (!module) return false
  passOn(app, module, random)
  return true
}

const addFile: Edit = (app, random, format) => {
  const module = addModule(app, random, format)
  for (let count = 1 + random.below(3); count > 0; count -= 1) addItem(app, module, random)
  return true
}

const removeFile: Edit = (app, random) => {
  const module = random.pick(app.modules)
  if (!module || app.modules.length < 3) return false
  for (const item of [...module.items]) removeItem(app, module, item)
  app.modules.splice(app.modules.indexOf(module), 1)
  return true
}

const EDITS: readonly (readonly [number, Edit])[] = [
  [30, changeFunction],
  [25, changePart],
  [8, add],
  [5, addMember],
  [3, removeMember],
  [3, remove],
  [3, rename],
  [4, reorder],
  [3, move],
  [3, exportMore],
  [2, setDefault],
  [3, changeFlavour],
  [3, importOtherwise],
  [2, passMore],
  [2, addFile],
  [1, removeFile],
]

/** Another version of an application; the one it comes from stays as it is. */
export function edited(app: AppModel, random: Random, format: AppFormat): AppModel {
  const next = structuredClone(app)
  let left = 1 + (random.chance(0.4) ? random.below(3) : 0)
  for (let tries = 0; left > 0 && tries < 20; tries += 1)
    if (random.weighted(EDITS)(next, random, format)) left -= 1
  return exportUsed(next)
}
