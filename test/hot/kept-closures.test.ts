import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FORMATS, isRefused, type Kept, staysCurrent } from '../support/kept.ts'
import { CLOSURES, UNKEPT } from '../support/kept-closures.ts'

for (const { type, name } of FORMATS) {
  test(`${name}: closures run the code of each version on what they have captured`, t =>
    staysCurrent(t, CLOSURES, type))
  test(`${name}: closures that nobody keeps are no reason, and new ones are new`, t =>
    staysCurrent(t, UNKEPT, type))
}

const CLOSURE = { exports: 'make', keep: 'return m.make(1, 2)', see: 'return k(3)' }

const REFUSED: (Pick<Kept, 'name' | 'body' | 'expect'> & { why: RegExp })[] = [
  {
    name: 'another capture',
    body: v => `function make(a, b) { return () => ${v === 'v1' ? 'a' : 'a + b'} }`,
    expect: () => 1,
    why: /it uses `b`/,
  },
  {
    name: 'a captured variable that is assigned now',
    body: v => `function make(a) { return () => { ${v === 'v1' ? '' : 'a += 1;'} return a } }`,
    expect: () => 1,
    why: /it uses `a`, which was never assigned and is now/,
  },
  {
    name: 'a captured variable of another kind',
    body: v =>
      `function make() { const state = ${v === 'v1' ? '[1]' : 'new Set([1])'}; return () => state.${v === 'v1' ? 'length' : 'size'} }`,
    expect: () => 1,
    why: /it uses `state`, which is declared otherwise now/,
  },
  {
    name: 'a captured constant with another value',
    body: v => `function make() { const label = '${v}'; return () => label }`,
    expect: () => 'v1',
    why: /`label`, a constant with another value/,
  },
  {
    name: 'an arrow function that begins to use this',
    body: v => `function make() { return () => { ${v === 'v1' ? '' : 'this;'} return 1 } }`,
    expect: () => 1,
    why: /it uses `this`/,
  },
  {
    name: 'a function that nothing takes the place of',
    body: v => `function make() { ${v === 'v1' ? 'return x => 1' : 'const f = y => 2; return f'} }`,
    expect: () => 1,
    why: /what is around it changed/,
  },
  {
    name: 'a function that cannot be followed',
    body: v => `function make(n) { return a => eval('n') + '${v}' }`,
    expect: () => '1v1',
    why: /it cannot be followed/,
  },
]

test('a kept closure that cannot be followed is a reason, with its place and why', async t => {
  for (const { why, ...kind } of REFUSED) {
    const { reasons } = await isRefused(t, { ...CLOSURE, ...kind }, 'commonjs')
    assert.match(reasons?.[0]?.message ?? '', why)
    assert.match(reasons?.[0]?.allow ?? '', /:1$/)
  }
})
