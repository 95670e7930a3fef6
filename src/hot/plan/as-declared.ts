import type { AnyNode } from 'acorn'
import { constantOf } from './slices.ts'

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

/** Of more than so many parts nothing is said. */
const MANY = 10_000

/** What some properties lead to, of which some may be any; `null` where that cannot be seen without running code. */
export function partsOf(value: unknown, path: (string | null)[]): unknown[] | null {
  let parts: unknown[] = [value]
  for (const [index, name] of path.entries()) {
    const isLast = index === path.length - 1
    const next: unknown[] = []
    for (const part of parts) {
      if (!isObject(part)) continue
      const found = name === null ? elementsOf(part, isLast) : propertyOf(part, name)
      if (found === null || found.length + next.length > MANY) return null
      next.push(...found)
    }
    parts = next
  }
  return parts
}

/** Of a map its values; a loop gives entries, of which more is followed then. */
function elementsOf(object: object, isLast: boolean): unknown[] | null {
  if (object instanceof Map || object instanceof Set) {
    if (object.size > MANY) return null
    return object instanceof Map && !isLast ? [...object.values(), ...object] : [...object.values()]
  }
  if (!isPlain(object) || Object.keys(object).length > MANY) return null
  const descriptors = Object.values(Object.getOwnPropertyDescriptors(object))
  return descriptors.every(each => 'value' in each) ? descriptors.map(({ value }) => value as unknown) : null
}

function propertyOf(object: object, name: string): unknown[] | null {
  const descriptor = Object.getOwnPropertyDescriptor(object, name)
  if (descriptor) return 'value' in descriptor ? [descriptor.value] : null
  // What containers of the language have besides is their size, and methods.
  return isPlain(object) || isContainer(object) ? [undefined] : null
}

/** What a variable of the module holds now; `undefined` where that cannot be said. */
export type ValueOf = (name: string) => unknown

function isContainer(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === Map.prototype || prototype === Set.prototype
}

/** Whether a value is what its declaration makes; `null` where the text alone does not tell. */
export function isAsDeclared(node: AnyNode | null, value: unknown, heldBy: ValueOf): boolean | null {
  const constant = isObject(value) ? undefined : constantOf(node)
  if (constant && typeof value !== 'bigint') return Object.is(constant.value, value)
  switch (node?.type) {
    case 'Identifier':
      // What is an object may be what another declaration has made.
      return !isObject(value) && value !== undefined && Object.is(heldBy(node.name), value) ? true : null
    case 'Literal':
      return node.regex ? null : Object.is(node.value, value)
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'ClassExpression':
      return typeof value === 'function'
    case 'ArrayExpression':
      return Array.isArray(value) ? areAsDeclared(node.elements, value, heldBy) : false
    case 'ObjectExpression':
      return isObject(value) && isPlain(value) ? propertiesAsDeclared(node.properties, value, heldBy) : false
    case 'NewExpression':
      return containerAsDeclared(node, value, heldBy)
    default:
      return null
  }
}

function areAsDeclared(nodes: (AnyNode | null)[], values: unknown[], heldBy: ValueOf): boolean | null {
  if (nodes.some(node => node === null || node.type === 'SpreadElement')) return null
  if (nodes.length !== values.length) return false
  return all(nodes.map((node, index) => isAsDeclared(node, values[index], heldBy)))
}

function propertiesAsDeclared(properties: AnyNode[], value: object, heldBy: ValueOf): boolean | null {
  const found: (boolean | null)[] = []
  for (const property of properties) {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init') return null
    const { key } = property
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null
    if (name === null) return null
    const descriptor = Object.getOwnPropertyDescriptor(value, name)
    found.push(
      descriptor !== undefined &&
        'value' in descriptor &&
        isAsDeclared(property.value, descriptor.value, heldBy),
    )
  }
  if (Object.keys(value).length !== properties.length) return false
  return all(found)
}

/** `new Map()`, `new Set(['a'])`. */
function containerAsDeclared(
  { callee, arguments: [given] }: Extract<AnyNode, { type: 'NewExpression' }>,
  value: unknown,
  heldBy: ValueOf,
): boolean | null {
  const name = callee.type === 'Identifier' ? callee.name : null
  if (name !== 'Map' && name !== 'Set') return null
  const entries = value instanceof Map || value instanceof Set ? [...value] : null
  if (entries === null) return false
  if (given === undefined) return entries.length === 0
  return given.type === 'ArrayExpression' ? areAsDeclared(given.elements, entries, heldBy) : null
}

function all(found: (boolean | null)[]): boolean | null {
  if (found.includes(false)) return false
  return found.includes(null) ? null : true
}

/** Whether nobody can write into something, nor into what is in it. */
export function isFrozen(value: unknown, left = 4): boolean {
  if (!isObject(value)) return true
  if (!Object.isFrozen(value) || !isPlain(value) || left === 0) return false
  return Object.values(Object.getOwnPropertyDescriptors(value)).every(
    each => 'value' in each && isFrozen(each.value, left - 1),
  )
}
