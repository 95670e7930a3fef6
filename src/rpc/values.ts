import { DevalueError, defaultStringifyOperations, parse, stringify } from 'devalue'
import { BeamDeployError, messageOf } from '../errors.ts'
import type { Packed } from './packed.ts'

/**
 * The format of what {@link pack} writes. It is our own: that of `v8.serialize` has a version that an older Node.js cannot
 * read, and the two processes may run on different ones.
 */
const FORMAT = '1'

/**
 * Writes any structured-cloneable value, with cycles and shared references, as bytes that every version of Node.js reads.
 * As with `structuredClone`, an instance of a class becomes a plain object; unlike it, a `Buffer` stays one, and an error
 * keeps its own properties.
 *
 * @param what names the value in the error, such as `putHandoff('rooms')`.
 * @throws `not_cloneable`, with the place in the value.
 */
export function pack(value: unknown, what: string): Packed {
  const packed: Packed = [new Uint8Array()]
  // A copy, since it is sent later. Not a `Buffer`: `JSON` would ask that for its numbers.
  const keep = (bytes: ArrayBuffer | Uint8Array) =>
    packed.push(bytes instanceof ArrayBuffer ? new Uint8Array(bytes.slice(0)) : new Uint8Array(bytes)) - 1
  const reducers = {
    Buffer: (found: unknown) => Buffer.isBuffer(found) && keep(found),
    ArrayBuffer: (found: unknown) => found instanceof ArrayBuffer && keep(found),
    Error: (found: unknown) => found instanceof Error && describeError(found),
    SharedArrayBuffer: (found: unknown) => found instanceof SharedArrayBuffer && refuseShared(),
  }
  try {
    const text = stringify(value, reducers, { operations: { shapeOf } })
    packed[0] = new TextEncoder().encode(FORMAT + text)
    return packed
  } catch (error) {
    throw notCloneable(what, error)
  }
}

/** Makes the value again. */
export function unpack(packed: Packed): unknown {
  const written = new TextDecoder().decode(packed[0])
  if (!written.startsWith(FORMAT)) {
    throw new BeamDeployError(
      'incompatible_protocol',
      `a value of format ${written.slice(0, 1)} has come, and this process reads ${FORMAT}. Restart the parent with the beam-deploy that is installed now.`,
      { phase: 'control' },
    )
  }
  const part = (index: number) => packed[index] ?? new Uint8Array()
  return parse(written.slice(FORMAT.length), {
    Buffer: found => Buffer.from(part(found)),
    ArrayBuffer: found => part(found).slice().buffer,
    Error: reviveError,
  })
}

/** As `structuredClone` sees an object: its own enumerable properties with names, whatever made it. */
function shapeOf(value: object): ReturnType<typeof defaultStringifyOperations.shapeOf> {
  const shape = defaultStringifyOperations.shapeOf(value)
  if (shape.kind !== 'not-plain' && shape.kind !== 'symbol-keys') return shape
  const tag = Object.prototype.toString.call(value)
  // What has something inside that only Node.js knows, such as a `Blob`, keeps its class or is refused there.
  if (tag !== '[object Object]' && !isPlain(structuredClone(value))) return shape
  return { kind: 'plain', keys: Object.keys(value) }
}

const isPlain = (value: object) => Object.getPrototypeOf(value) === Object.prototype

interface WrittenError {
  type: string
  message: string
  stack: string | undefined
  own: Record<string, unknown>
  hidden: { cause?: unknown; errors?: unknown }
}

function describeError(error: Error): WrittenError {
  const hidden: WrittenError['hidden'] = {}
  for (const name of ['cause', 'errors'] as const) {
    const property = Object.getOwnPropertyDescriptor(error, name)
    if (property && !property.enumerable) hidden[name] = property.value
  }
  const type = BUILT_IN.find(Class => error instanceof Class)?.name ?? 'Error'
  return { type, message: error.message, stack: error.stack, own: { ...error }, hidden }
}

function reviveError({ type, message, stack, own, hidden }: WrittenError): Error {
  const Class = BUILT_IN.find(({ name }) => name === type) ?? Error
  const error: Error = Class === AggregateError ? new AggregateError([], message) : new Class(message)
  for (const [name, value] of Object.entries({ stack, ...hidden }))
    Object.defineProperty(error, name, { configurable: true, writable: true, enumerable: false, value })
  return Object.assign(error, own)
}

const BUILT_IN = [
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
] as (new (
  message?: string,
) => Error)[]

function refuseShared(): never {
  throw new Error('a SharedArrayBuffer cannot be shared with another process')
}

function notCloneable(what: string, cause: unknown): BeamDeployError {
  const where = cause instanceof DevalueError && cause.path !== '' ? ` (at ${cause.path})` : ''
  return new BeamDeployError(
    'not_cloneable',
    `${what}: the value cannot be cloned: ${messageOf(cause)}${where}. Give it data alone, without functions, promises or handles.`,
    { phase: 'control', cause },
  )
}
