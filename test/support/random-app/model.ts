/** An expression that gives a number. */
export type Expression =
  | { kind: 'number'; value: number }
  /** A parameter of the function around, by its name. */
  | { kind: 'local'; name: string }
  /** What an item gives: a constant its value, a function what it returns, a class what a method of an instance returns. */
  | { kind: 'use'; id: number; given: Expression[] }
  | { kind: 'binary'; operator: '+' | '-' | '*'; left: Expression; right: Expression }

export type ItemKind =
  | 'constant'
  | 'pair'
  | 'function'
  | 'class'
  | 'factory'
  | 'made'
  | 'instance'
  | 'object'
  | 'bound'
  | 'slice'
  | 'handler'
  | 'kept'
  | 'state'

/** A part of an item that can be changed by itself: a body, a method, a field, a route. */
export interface Part {
  key: string
  flavour: string
  value: Expression
}

/** Something at the top level of a module. */
export interface Item {
  /** Stays when it is renamed or moved; never used again once it is gone. */
  id: number
  name: string
  kind: ItemKind
  flavour: string
  parts: Part[]
  /** What it is made of: the class of an instance, what a class extends, the factory of a closure. */
  of: number | null
  isExported: boolean
}

export type Format = 'module' | 'commonjs'

export interface ModuleModel {
  id: number
  format: Format
  /** How it exports, and how its imports are written. */
  style: number
  items: Item[]
  /** What it passes on from others: items, or whole modules. */
  passesOn: { item: number; name: string }[]
  stars: number[]
  /** Which item is its default export. */
  defaultItem: number | null
}

export interface AppModel {
  modules: ModuleModel[]
  nextId: number
}

export const itemsOf = ({ modules }: AppModel): Item[] => modules.flatMap(({ items }) => items)

export function find(app: AppModel, id: number): { module: ModuleModel; item: Item } | null {
  for (const module of app.modules)
    for (const item of module.items) if (item.id === id) return { module, item }
  return null
}

export function usesIn(expression: Expression): number[] {
  switch (expression.kind) {
    case 'use':
      return [expression.id, ...expression.given.flatMap(usesIn)]
    case 'binary':
      return [...usesIn(expression.left), ...usesIn(expression.right)]
    default:
      return []
  }
}

/** What an item names, itself. */
export const usesOf = ({ parts, of }: Item): number[] => [
  ...parts.flatMap(({ value }) => usesIn(value)),
  ...(of === null ? [] : [of]),
]

/** Every item that can run or be read when one is used. */
export function reachOf(app: AppModel, id: number, seen = new Set<number>()): Set<number> {
  if (seen.has(id)) return seen
  seen.add(id)
  const found = find(app, id)
  if (found) for (const used of usesOf(found.item)) reachOf(app, used, seen)
  return seen
}

/** Where an item stands: later ones may read it while they are evaluated. */
export function placeOf(app: AppModel, id: number): number {
  const index = app.modules.findIndex(({ items }) => items.some(item => item.id === id))
  const within = app.modules[index]?.items.findIndex(item => item.id === id) ?? 0
  return index * 1000 + within
}

export const fileOf = ({ id, format }: ModuleModel): string => `m${id}.${format === 'module' ? 'mjs' : 'cjs'}`

/** Has every module export what others name. */
export function exportUsed(app: AppModel): AppModel {
  for (const module of app.modules) {
    const named = [...module.items.flatMap(usesOf), ...module.passesOn.map(({ item }) => item)]
    for (const id of named) {
      const found = find(app, id)
      if (found && found.module !== module) found.item.isExported = true
    }
  }
  return app
}
