import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type HotProgram, startHotProgram } from '../support/hot-program.ts'
import { compile } from '../support/seed-formats.ts'

const APP = `
import whole, * as plain from './plain.js'
import * as index from './index.ts'
import named, { count, hit, limit } from './lib.ts'

const doubled = limit * 2
export const seen = () => ({
  hit: hit(),
  count,
  doubled,
  limit: index.limit,
  named: named(),
  passed: index.passed(),
  more: (index as { more?(): string }).more?.(),
  names: Object.keys(index).sort().join(),
  plain: Object.keys(plain).join(),
  whole: whole.a(),
})
`

const LIB = `
export let count = 0
export const rooms = new Map<string, number>()
export const limit = 5
export const hit = () => {
  count += 1
  rooms.set('v1', count)
  return [...rooms]
}
export default function named() {
  return 'v1'
}
`

const V1 = {
  'app.ts': APP,
  'lib.ts': LIB,
  'index.ts': `export * from './lib.ts'\nexport { one as passed } from './parts.ts'`,
  'parts.ts': `export const one = () => 'one'\nexport const two = () => 'two'`,
}
const PLAIN = `exports.a = () => 'a of v1'`

/** The application as tsc emits it, with what nobody compiles. */
const emit = (t: TestContext, files: Record<string, string>) => compile(t, { ...V1, ...files }, 'commonjs')

const start = async (t: TestContext): Promise<HotProgram> =>
  startHotProgram(t, { ...emit(t, {}), 'plain.js': PLAIN }, { type: 'commonjs' })

const seen = (program: HotProgram) =>
  program.run<Record<string, unknown>>(`return require('./app.js').seen()`)

test('what tsc makes of exported variables keeps its value; new names come through what passes them on', async t => {
  const program = await start(t)
  const before = await seen(program)
  assert.deepEqual(before, {
    hit: [['v1', 1]],
    count: 1,
    doubled: 10,
    limit: 5,
    named: 'v1',
    passed: 'one',
    names: 'count,hit,limit,passed,rooms',
    plain: 'a,default',
    whole: 'a of v1',
    more: undefined,
  })
  await program.upgrade({
    ...emit(t, {
      'lib.ts': `${LIB.replaceAll("'v1'", "'v2'")}export const more = () => 'more'`,
      'index.ts': V1['index.ts'].replace('one as', 'two as'),
    }),
    'plain.js': `exports.a = () => 'a of v2'\nexports.b = () => 'b'`,
  })
  assert.deepEqual(await seen(program), {
    ...before,
    hit: [
      ['v1', 1],
      ['v2', 2],
    ],
    count: 2,
    named: 'v2',
    passed: 'two',
    more: 'more',
    names: 'count,hit,limit,more,passed,rooms',
    plain: 'a,b,default',
    whole: 'a of v2',
  })
})

test('what was computed from an exported constant is computed anew, also through what passes it on', async t => {
  const program = await start(t)
  await seen(program)
  const report = await program.upgrade(emit(t, { 'lib.ts': LIB.replace('limit = 5', 'limit = 6') }))
  const { doubled, limit, count, hit } = await seen(program)
  assert.deepEqual({ doubled, limit, count, hit }, { doubled: 12, limit: 6, count: 2, hit: [['v1', 2]] })
  const evaluated = report.modules.map(({ module, evaluated }) => [module, evaluated])
  assert.deepEqual(evaluated, [
    ['lib.js', ['exports.limit']],
    ['app.js', ['doubled']],
  ])
})

test('a change that would start exported variables anew is refused', async t => {
  const program = await start(t)
  const error = await program.refusal(emit(t, { 'lib.ts': LIB.replace('count = 0', 'count = 100') }))
  assert.deepEqual(
    error.reasons?.map(({ module, allow }) => [module, allow]),
    [['lib.js', 'lib.js:exports.count']],
  )
  assert.match(error.message, /`exports\.count` holds live state, since lib\.js:\d+ assigns it/)
  assert.equal((await seen(program)).count, 1)
})

test('twenty upgrades of what tsc emits, one after the other', async t => {
  const program = await start(t)
  const { 'lib.js': lib = '' } = emit(t, {})
  for (let version = 2; version <= 21; version += 1) {
    await program.upgrade({ 'lib.js': lib.replaceAll("'v1'", `'v${version}'`) })
    const { hit, count, named } = await seen(program)
    assert.deepEqual([(hit as unknown[]).length, count, named], [version - 1, version - 1, `v${version}`])
  }
})
