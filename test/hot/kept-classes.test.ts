import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FORMATS, isRefused, type Kept, staysCurrent } from '../support/kept.ts'
import { CLASSES } from '../support/kept-classes.ts'

for (const { type, name } of FORMATS) {
  test(`${name}: instances, heirs and kept methods run the code of each version`, t =>
    staysCurrent(t, CLASSES, type))
}

const REFUSED: (Pick<Kept, 'name' | 'body'> & { why: RegExp })[] = [
  {
    name: 'another class to extend',
    body: v => `class X {} class Y {} class A extends ${v === 'v1' ? 'X' : 'Y'} { m() { return 1 } }`,
    why: /extends another class/,
  },
  {
    name: 'another static block',
    body: v => `class A { static { this.s = '${v}' } m() { return 1 } }`,
    why: /static fields or blocks/,
  },
  {
    name: 'a private method that is new',
    body: v => `class A { m() { return 1 } ${v === 'v1' ? '' : '#p() { return 1 }'} }`,
    why: /`A` has a new member `#p`/,
  },
  {
    name: 'a constructor beside private names',
    body: v => `class A { #n = 1; constructor() { this.v = '${v}' } m() { return this.#n } }`,
    why: /the constructor or the fields of `A` changed, and it has private names/,
  },
  {
    name: 'fields that are set by calls',
    body: v => `const next = () => 1; class A { id = next(); v = '${v}'; m() { return 1 } }`,
    why: /would be made twice/,
  },
  {
    name: 'a member whose name is computed',
    body: v => `const key = () => 'x'; class A { m() { return 1 } ${v === 'v1' ? '' : '[key()]() {}'} }`,
    why: /cannot be added/,
  },
  {
    name: 'a class in an object that gets another property',
    body: v => `const o = { A: class { m() { return 1 } }, ${v === 'v1' ? '' : 'b: 1'} }; const { A } = o`,
    why: /`o` would define a class anew/,
  },
  {
    name: 'a class that extends what changes',
    body: v =>
      `const Base = '${v}' === 'v1' ? class {} : Object; const A = class extends Base { m() { return 1 } }`,
    why: /`Base` would define a class anew/,
  },
  {
    name: 'a method that is no generator any more',
    body: v => `class A { ${v === 'v1' ? '*' : ''}g() {} m() { return 1 } }`,
    why: /no generator/,
  },
]

test('what cannot be done to a living class is refused, with its place', async t => {
  for (const { why, ...kind } of REFUSED) {
    const { reasons } = await isRefused(
      t,
      { ...kind, exports: 'A', keep: 'return new m.A()', see: 'return k.m()', expect: () => 1 },
      'module',
    )
    assert.match(reasons?.[0]?.message ?? '', why)
  }
})

test('a class made inside a function: no upgrade of its constructor while one of it is kept', async t => {
  const kind: Kept = {
    name: 'inner class',
    body: v => `function make() { return class A { m() { return 1 } constructor() { this.v = '${v}' } } }`,
    exports: 'make',
    keep: 'return m.make()',
    see: 'return new k().v',
    expect: () => 'v1',
  }
  const { reasons } = await isRefused(t, kind, 'commonjs')
  assert.match(reasons?.[0]?.message ?? '', /the constructor or the fields of `A` changed/)
  await staysCurrent(
    t,
    [{ ...kind, keep: 'm.make(); return null', see: 'return new (m.make())().v', expect: v => v }],
    'commonjs',
  )
})
