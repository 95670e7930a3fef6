/** Thrown inside, where something would not be the same after it is copied. */
const CANNOT = Symbol('cannot be copied')

/**
 * A deep copy of plain data: objects, arrays, `Map`, `Set`, `Date`, `RegExp`, `Buffer`s and typed arrays, with cycles. Where there is
 * anything else in it, such as an instance of a class, the state itself: `structuredClone` would take away its class.
 */
export function copyState(state: unknown): unknown {
  try {
    return copy(state, new Map())
  } catch (error) {
    if (error === CANNOT) return state
    throw error
  }
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function') throw CANNOT
  if (typeof value !== 'object' || value === null) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  const made = copyObject(value, seen)
  seen.set(value, made)
  return made
}

function copyObject(value: object, seen: Map<object, unknown>): unknown {
  if (ArrayBuffer.isView(value)) return copyView(value, seen)
  const prototype: unknown = Object.getPrototypeOf(value)
  switch (prototype) {
    case null:
    case Object.prototype:
      return copyProperties(value, Object.create(prototype as object | null), seen)
    case Array.prototype:
      return copyProperties(value, new Array((value as unknown[]).length), seen)
    case Map.prototype: {
      const made = remembered(value, new Map(), seen)
      for (const [key, item] of value as Map<unknown, unknown>) made.set(copy(key, seen), copy(item, seen))
      return withoutOwn(value, made)
    }
    case Set.prototype: {
      const made = remembered(value, new Set(), seen)
      for (const item of value as Set<unknown>) made.add(copy(item, seen))
      return withoutOwn(value, made)
    }
    case Date.prototype:
      return withoutOwn(value, new Date((value as Date).getTime()))
    case RegExp.prototype:
      return Object.assign(new RegExp(value as RegExp), { lastIndex: (value as RegExp).lastIndex })
    case ArrayBuffer.prototype:
      return withoutOwn(value, (value as ArrayBuffer).slice(0))
    default:
      throw CANNOT
  }
}

/** Before what is in it: that may refer to it. */
function remembered<Made extends object>(value: object, made: Made, seen: Map<object, unknown>): Made {
  seen.set(value, made)
  return made
}

function copyProperties(value: object, made: object, seen: Map<object, unknown>): object {
  seen.set(value, made)
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (property === undefined) continue
    if (property.get || property.set) throw CANNOT
    property.value = copy(property.value, seen)
    if (property.writable && property.enumerable && property.configurable && key !== '__proto__')
      (made as Record<PropertyKey, unknown>)[key] = property.value
    else Object.defineProperty(made, key, property)
  }
  return made
}

function withoutOwn(value: object, made: unknown): unknown {
  if (Reflect.ownKeys(value).length > 0) throw CANNOT
  return made
}

/** Views of one buffer still share one. A `Buffer` often is a small piece of a large one, of which nothing else is meant. */
function copyView(view: ArrayBufferView, seen: Map<object, unknown>): unknown {
  if (Buffer.isBuffer(view)) return Buffer.from(view)
  const { buffer, byteOffset, byteLength } = view
  if (!(buffer instanceof ArrayBuffer)) throw CANNOT
  const View = view.constructor as new (buffer: unknown, offset: number, length: number) => unknown
  const size = 'BYTES_PER_ELEMENT' in view ? Number(view.BYTES_PER_ELEMENT) : 1
  return new View(copy(buffer, seen), byteOffset, byteLength / size)
}
