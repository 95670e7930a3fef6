import { FLAVOURS, KINDS, MORE, PARTS } from './kinds.ts'
import {
  type AppModel,
  type Expression,
  find,
  type Item,
  type ItemKind,
  type ModuleModel,
  type Part,
  placeOf,
  reachOf,
} from './model.ts'
import type { Random } from './random.ts'

/** Where an expression stands: what it can name there. */
interface Surroundings {
  app: AppModel
  item: Item
  part: { key: string; flavour: string }
}

/** Adds an item at the end of a module; `null` where it would be made of something that there is not. */
export function addItem(app: AppModel, module: ModuleModel, random: Random): Item | null {
  const kind = random.weighted(KINDS)
  const id = app.nextId
  app.nextId += 1
  const item: Item = {
    id,
    name: `${kind[0]}${id}`,
    kind,
    flavour: random.pick(FLAVOURS[kind]) ?? '',
    parts: [],
    of: null,
    isExported: random.chance(0.7),
  }
  module.items.push(item)
  const of = madeOf(app, item, random)
  if (of === undefined) {
    module.items.pop()
    return null
  }
  item.of = of
  for (const [key, flavour] of PARTS[kind]) addPart(app, item, key, flavour, random)
  for (let more = random.below(3); more > 0; more -= 1) addMore(app, item, random)
  return item
}

/** `null` for what is made of nothing, `undefined` where there is nothing to make it of. */
function madeOf(app: AppModel, item: Item, random: Random): number | null | undefined {
  const of = (kind: ItemKind, later = false) =>
    random.pick(usable(app, item, later).filter(other => other.kind === kind))
  switch (item.kind) {
    case 'made':
      return of('factory')?.id
    case 'instance':
      return of('class')?.id
    case 'bound':
      return of('function')?.id
    case 'class':
      return random.chance(0.4) ? (of('class')?.id ?? null) : null
    case 'handler':
      return random.chance(0.6) ? (of('function')?.id ?? null) : null
    default:
      return null
  }
}

function addPart(app: AppModel, item: Item, key: string, flavour: string, random: Random): void {
  const part: Part = { key, flavour, value: { kind: 'number', value: 0 } }
  item.parts.push(part)
  part.value = makeExpression({ app, item, part }, random, 2)
}

/** One more method, field, property or route. */
export function addMore(app: AppModel, item: Item, random: Random): boolean {
  const flavour = random.pick(MORE[item.kind] ?? [])
  if (flavour === undefined) return false
  if (flavour === 'constructor' && item.parts.some(part => part.flavour === flavour)) return false
  app.nextId += 1
  addPart(app, item, `p${app.nextId}`, flavour, random)
  return true
}

const EVALUATED_AT_ONCE = new Set(['now', 'static-field'])

const LOCALS: Record<string, readonly string[]> = {
  'function body': ['a', 'b'],
  'factory body': ['k'],
  'factory inner': ['x', 'x', 'k', 'j'],
  'handler body': ['x'],
  'state step': ['x'],
}

function localsOf({ item, part }: Surroundings): readonly string[] {
  const known = LOCALS[`${item.kind} ${part.key}`]
  if (known) return known
  if (item.kind === 'slice') return item.flavour === 'router' ? ['x'] : []
  if (part.flavour === 'constructor') return ['a']
  return ['method', 'arrow', 'static'].includes(part.flavour) ? ['x'] : []
}

/** What can be named without running in circles, and for what is evaluated at once, without being too early. */
function usable(app: AppModel, { id }: Item, later: boolean): Item[] {
  const place = placeOf(app, id)
  const format = find(app, id)?.module.format
  // What is required must not be an ES module in a cycle.
  const items = app.modules
    .filter(module => format === 'module' || module.format === format)
    .flatMap(({ items }) => items)
  return items.filter(other => {
    if (other.id >= id || other.kind === 'state' || other.kind === 'handler') return false
    if (other.flavour === 'async' || other.flavour === 'generator') return false
    const reach = reachOf(app, other.id)
    if (reach.has(id)) return false
    return later || [...reach].every(each => placeOf(app, each) < place)
  })
}

export function makeExpression(around: Surroundings, random: Random, depth: number): Expression {
  const { app, item, part } = around
  const number = (): Expression => ({ kind: 'number', value: 1 + random.below(90) })
  const local = random.pick(localsOf(around))
  if (depth === 0)
    return local !== undefined && random.chance(0.5) ? { kind: 'local', name: local } : number()
  const later = !EVALUATED_AT_ONCE.has(part.flavour) || (item.kind === 'slice' && item.flavour === 'router')
  const inside = () => makeExpression(around, random, depth - 1)
  const choice = random.below(10)
  if (choice < 5) {
    const target = random.pick(usable(app, item, later))
    if (target) return { kind: 'use', id: target.id, given: [inside(), inside()] }
  }
  if (choice < 8) {
    const operator = random.pick(['+', '-', '*'] as const) ?? '+'
    return { kind: 'binary', operator, left: inside(), right: inside() }
  }
  return local === undefined ? number() : { kind: 'local', name: local }
}

/** Something else in one place of an expression. */
export function changeExpression(expression: Expression, around: Surroundings, random: Random): Expression {
  const inside = (each: Expression) => changeExpression(each, around, random)
  switch (expression.kind) {
    case 'number':
      return random.chance(0.8)
        ? { kind: 'number', value: expression.value + 1 + random.below(9) }
        : makeExpression(around, random, 1)
    case 'binary': {
      if (random.chance(0.3)) return makeExpression(around, random, 2)
      const left = random.chance(0.5)
      return left
        ? { ...expression, left: inside(expression.left) }
        : { ...expression, right: inside(expression.right) }
    }
    case 'use': {
      if (random.chance(0.4)) return makeExpression(around, random, 2)
      const index = random.below(expression.given.length)
      const given = expression.given.map((each, at) => (at === index ? inside(each) : each))
      return { ...expression, given }
    }
    default:
      return makeExpression(around, random, 2)
  }
}

export const partsOf = (app: AppModel): { item: Item; part: Part; module: ModuleModel }[] =>
  app.modules.flatMap(module =>
    module.items.flatMap(item => item.parts.map(part => ({ item, part, module }))),
  )
