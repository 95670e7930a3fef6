import { WHOLE } from '../model/exports.ts'
import type { Compiled } from './compile.ts'
import type { Journal } from './undo.ts'

/** `module` of a CommonJS module. */
type Inside = object | undefined

function moduleIn(inside: Inside): { exports: unknown } {
  if (inside === undefined || !('exports' in inside))
    throw new Error('only a CommonJS module has module.exports')
  return inside
}

/** What a module exports, if that can have properties. */
function exportsOf(inside: Inside): object | null {
  const { exports } = moduleIn(inside)
  const isObject = (typeof exports === 'object' && exports !== null) || typeof exports === 'function'
  return isObject ? exports : null
}

/** To be called before some exports are set: they, and the order of all of them, can be had back. */
export function keepExports(inside: Inside, names: string[], journal: Journal): void {
  const module = moduleIn(inside)
  const { exports: whole } = module
  journal.record(() => {
    module.exports = whole
  })
  const exports = exportsOf(inside)
  if (exports === null) return
  const order = Reflect.ownKeys(exports)
  journal.record(() => putInOrder(exports, order))
  for (const name of names.includes(WHOLE) ? Object.keys(exports) : names) {
    const before = Object.getOwnPropertyDescriptor(exports, name)
    journal.record(() => {
      if (before) Object.defineProperty(exports, name, before)
      else Reflect.deleteProperty(exports, name)
    })
    // What was a getter may become a value.
    if (names.includes(name) && before && !('value' in before)) Reflect.deleteProperty(exports, name)
  }
}

/** Takes away what a module exports no more, where that can be. */
export function removeExport({ state }: Compiled, name: string, journal: Journal): void {
  const inside = state.loaded.living?.inside
  const exports = exportsOf(inside)
  if (exports === null || !Object.getOwnPropertyDescriptor(exports, name)?.configurable) return
  keepExports(inside, [name], journal)
  Reflect.deleteProperty(exports, name)
}

/** Sets the one property of an object. */
export function setExport(inside: Inside, object: object): void {
  const exports = exportsOf(inside)
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(object)))
    if (exports) Object.defineProperty(exports, name, descriptor)
}

/** Who has the exports of a module has the very object: it is given the new content. */
export function setExports(inside: Inside, value: unknown): void {
  const module = moduleIn(inside)
  const { exports } = module
  if (!isPlain(exports) || !isPlain(value) || isFixed(exports)) {
    module.exports = value
    return
  }
  for (const key of Reflect.ownKeys(exports)) Reflect.deleteProperty(exports, key)
  Object.defineProperties(exports, Object.getOwnPropertyDescriptors(value))
}

/** Has an object tell of its properties in an order; those that are not named come first. */
function putInOrder(object: object, wanted: PropertyKey[]): void {
  const now = Reflect.ownKeys(object)
  const order = wanted.filter(key => now.includes(key as string | symbol))
  const others = now.filter(key => !order.includes(key))
  if ([...others, ...order].every((key, index) => key === now[index])) return
  for (const key of order) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key)
    if (!descriptor?.configurable) continue
    Reflect.deleteProperty(object, key)
    Object.defineProperty(object, key, descriptor)
  }
}

/** `module.exports = { a, b }` has its properties in the order of the text. */
export function orderExports({ state, model }: Compiled): void {
  const exporting = model.units.flatMap(piece =>
    piece.kind === 'unit' && piece.unit.exports.length > 0 ? [piece] : [],
  )
  if (exporting.length === 0 || exporting.some(({ unit }) => unit.exporting?.how !== 'listed')) return
  const exports = exportsOf(state.loaded.living?.inside)
  if (exports)
    putInOrder(
      exports,
      exporting.flatMap(({ unit }) => unit.exports),
    )
}

const isFixed = (object: object) =>
  !Object.isExtensible(object) ||
  Object.values(Object.getOwnPropertyDescriptors(object)).some(({ configurable }) => !configurable)

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
