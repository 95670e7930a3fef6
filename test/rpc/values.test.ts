import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pack, unpack } from '../../src/rpc/values.ts'

const through = (value: unknown) => unpack(pack(value, 'a test'))

class Point {
  #secret = 1
  x = 1
  sum() {
    return this.x + this.#secret
  }
}

const shared = { name: 'shared' }
const circle: Record<string, unknown> = { list: [1] }
circle.self = circle
const list: unknown[] = [1]
list.push(list, new Map([['list', list]]))
const sparse = [1, 2, 3]
delete sparse[1]
const failure = Object.assign(new TypeError('no', { cause: new RangeError('why') }), { code: 'E_NO' })

const VALUES: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  'odd numbers': [Number.NaN, -0, Infinity, -Infinity, 2 ** 53, 0.1],
  'a big integer': [1n, -(2n ** 200n)],
  'text with a lone surrogate': 'a\ud800b\u2028\u0000é',
  'an undefined property': { a: undefined },
  'a date': [new Date(5), new Date(Number.NaN)],
  'a pattern': /a.b/giu,
  'a map': new Map<unknown, unknown>([
    [{ a: 1 }, new Set([1, 'b'])],
    [2n, shared],
  ]),
  'a sparse array': sparse,
  'boxed values': [Object(1), Object('s'), Object(true), Object(1n)],
  buffer: Buffer.from('hello'),
  'an empty buffer': Buffer.alloc(0),
  'typed arrays': [new Uint8Array([1, 2]), new Float64Array([1.5, Number.NaN]), new BigInt64Array([-1n])],
  'a view': new DataView(new ArrayBuffer(8), 2, 3),
  'an array buffer': new Uint8Array([1, 2, 3]).buffer,
  errors: [failure, new AggregateError([new Error('one')], 'both'), new Error('plain')],
  'a cycle': circle,
  'a cycle through arrays and maps': list,
  'keys of every kind': { '': 1, 2: 'b', 'a.b': 1, constructor: 2, toJSON: 3 },
  'an object that looks like one of ours': [{ $bytes: 3 }, ['Buffer', 0], ['Error', 1]],
}

for (const [name, value] of Object.entries(VALUES))
  test(`${name} arrives equal`, () => assert.deepStrictEqual(through(value), value))

test('what is the same object twice arrives as one object', () => {
  const [one, two] = through([shared, shared]) as object[]
  assert.equal(one, two)
  const buffer = new ArrayBuffer(8)
  const [left, right] = through([new Uint8Array(buffer, 0, 4), new Uint8Array(buffer, 4)]) as Uint8Array[]
  assert.equal(left?.buffer, right?.buffer)
})

test('an instance of a class arrives as structuredClone would have it', () => {
  const point = Object.assign(new Point(), { [Symbol('hidden')]: 1 })
  assert.deepStrictEqual(through(point), structuredClone(point))
  assert.deepStrictEqual(through(new Event('x')), structuredClone(new Event('x')))
})

test('a cycle through instances and errors arrives', () => {
  const parent = Object.assign(new (class Tree {})(), { children: [] as object[] })
  parent.children.push({ parent })
  const arrived = through(parent) as typeof parent
  assert.equal((arrived.children[0] as typeof parent & { parent: object }).parent, arrived)
  const error = new Error('its own reason')
  error.cause = error
  assert.equal((through(error) as Error & { cause: Error }).cause.message, 'its own reason')
})

test('bytes are those of the moment of the call, and no others of the pool they are in', () => {
  const buffer = Buffer.from('before')
  const packed = pack(buffer, 'a test')
  buffer.write('after!')
  assert.equal(String(unpack(packed)), 'before')
  assert.equal(packed[1]?.byteLength, 6)
})

const REFUSED: [string, unknown, RegExp][] = [
  ['a function', { users: [{ send: () => 1 }] }, /function \(at \.users\[0\]\.send\)/],
  ['a symbol', [Symbol('x')], /Symbol primitive \(at \[0\]\)/],
  ['a promise', { p: Promise.resolve() }, /Promise.*\(at \.p\)/],
  ['a weak map', new WeakMap(), /WeakMap/],
  ['a blob', { file: new Blob(['x']) }, /\(at \.file\)/],
  ['headers', new Headers(), /clone object of unsupported type/],
  ['shared memory', new SharedArrayBuffer(1), /SharedArrayBuffer/],
  ['what is nested without end', nested(200_000), /call stack/],
]
for (const [name, value, reason] of REFUSED)
  test(`${name} is refused, and the error names the call and the place`, () => {
    assert.throws(() => pack(value, "putHandoff('rooms')"), {
      code: 'not_cloneable',
      message: /^putHandoff\('rooms'\): the value cannot be cloned: /,
    })
    assert.throws(() => pack(value, 'x'), { message: reason })
  })

/** As the first version wrote it. Do not change: the two processes may come from different copies of this package. */
const FIRST = [
  '1[{"at":1,"file":2,"seen":4,"why":6},["Date","2020-01-01T00:00:00.000Z"],["Buffer",3],1,["Set",5],7,["Error",7],{"type":8,"message":9,"stack":10,"own":11,"hidden":12},"TypeError","no","TypeError: no",{},{}]',
  'abc',
]

test('what the first version wrote is read', () => {
  const value = unpack(FIRST.map(text => new TextEncoder().encode(text))) as Record<string, unknown>
  assert.deepEqual(
    { ...value, why: String(value.why) },
    { at: new Date('2020-01-01'), file: Buffer.from('abc'), seen: new Set([7]), why: 'TypeError: no' },
  )
})

test('a later format is refused', () => {
  assert.throws(() => unpack([new TextEncoder().encode('2…')]), { code: 'incompatible_protocol' })
})

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i += 1) value = [value]
  return value
}
