import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Files } from '../support/hot-program.ts'
import { ENTRY, IMPORT, startWithProcesses } from './process-support.ts'

/** Handlers that are functions of their own; what they count in has another name from version 2 on. */
const handlers = (version: string, field = version === '1' ? 'count' : 'total', as = `v${version}`) => `
  export function increment(state, by) { state.${field} += by; return '${as} ' + state.${field} }
  export async function late(state) { state.${field} += 10; await globalThis.gate; return '${as} ' + state.${field} }
  export const methods = { get(state) { return { ...state, as: '${as}' } } }
  export const made = name => state => '${as} ' + name + ' ' + state.${field}`

const CODE_CHANGE =
  'codeChange: (from, { count, total, ...rest }) => ({ ...rest, total: total ?? count, from }),'

const definition = (version: string, codeChange = CODE_CHANGE) => `${IMPORT}
  import { increment, late, made, methods } from './handlers.js'
  const told = made('told')
  export const counter = defineProcess({
    name: 'counter', version: '${version}', init: () => (${version === '1' ? '{ count: 0 }' : '{ total: 0 }'}),
    calls: { increment, late, get: methods.get, told }, ${version === '1' ? '' : codeChange}
  })`

const release = (version: string, codeChange?: string): Files => ({
  'counter.js': definition(version, codeChange),
  'handlers.js': handlers(version),
})

const V1: Files = {
  ...release('1'),
  'app.js': `${ENTRY}; export { label } from './label.js'`,
  'label.js': `export const label = () => 'v1'`,
}
const OTHER = { 'label.js': `export const label = () => 'v2'` }

const LOOK = `return [kept, other].map(each => [each.call('increment', 1), each.call('told'), each.call('get')]).reduce(
  async (all, calls) => [...(await all), await Promise.all(calls)], Promise.resolve([]))`

const OLD = [['v1 12', 'v1 told 12', { count: 12, as: 'v1' }]]
const MIGRATED = [['v2 1', 'v2 told 1', { total: 1, from: '1', as: 'v2' }]]

/** One of two processes is stuck while an upgrade comes. */
async function startStuck(t: Parameters<typeof startWithProcesses>[0], files = V1) {
  const program = await startWithProcesses(t, files)
  await program.run(`await kept.call('increment', 1); globalThis.stuck = kept.call('late')`)
  return program
}

test('a skipped process: handlers that are functions of their own run their old code, until the next upgrade migrates it', async t => {
  const program = await startStuck(t)
  const report = await program.upgrade(release('2'), { suspendTimeout: 50 })
  assert.deepEqual([report.processesSucceeded, report.processesSkipped, report.processesFailed], [1, 1, 0])
  assert.equal(await program.run(`open(); return stuck`), 'v1 11')
  assert.deepEqual(await program.run(LOOK), [...OLD, ...MIGRATED])
  // Whatever it changes.
  assert.deepEqual((await program.plan(OTHER)).processes, [
    { name: 'counter', from: '1', to: '2', instances: 1 },
  ])
  const next = await program.upgrade(OTHER)
  assert.deepEqual([next.processesSucceeded, next.processNames], [1, ['counter']])
  assert.deepEqual(await program.run(LOOK), [
    ['v2 13', 'v2 told 13', { total: 13, from: '1', as: 'v2' }],
    ['v2 2', 'v2 told 2', { total: 2, from: '1', as: 'v2' }],
  ])
  assert.deepEqual((await program.upgrade({ 'label.js': V1['label.js'] ?? null })).processNames, [])
})

test('it stays stuck through upgrades of its handlers, then goes on with the code that it had', async t => {
  const program = await startStuck(t)
  await program.upgrade(release('2'), { suspendTimeout: 50 })
  // The definition stays: no process is concerned but the one that is behind.
  const inPlace = await program.upgrade(
    { 'handlers.js': handlers('2', 'total', 'v2b') },
    { suspendTimeout: 50 },
  )
  assert.deepEqual([inPlace.processesSucceeded, inPlace.processesSkipped], [0, 1])
  await program.upgrade(release('3'), { suspendTimeout: 50 })
  assert.equal(await program.run(`open(); return stuck`), 'v1 11')
  assert.deepEqual(await program.run(LOOK), [
    ...OLD,
    ['v3 1', 'v3 told 1', { total: 1, from: '2', as: 'v3' }],
  ])
  await program.upgrade(release('4'))
  const after = await program.run<unknown[]>(LOOK)
  assert.deepEqual(after[0], ['v4 13', 'v4 told 13', { total: 13, from: '1', as: 'v4' }])
})

test('what it goes on with is what upgrades had made of its handlers by then', async t => {
  const program = await startStuck(t)
  await program.upgrade({ 'handlers.js': handlers('1', 'count', 'v1b') })
  await program.upgrade(release('2'), { suspendTimeout: 50 })
  assert.equal(await program.run(`open(); return stuck`), 'v1 11')
  assert.deepEqual(await program.run(LOOK), [
    ['v1b 12', 'v1b told 12', { count: 12, as: 'v1b' }],
    ...MIGRATED,
  ])
})

test('an upgrade that is undone leaves nothing of it; with `continue` the one whose codeChange throws goes on like that', async t => {
  const failing = release(
    '2',
    `codeChange: (from, state) => { if (state.count) throw new Error('no'); return { total: state.count } },`,
  )
  const program = await startStuck(t)
  await program.run(`await other.call('increment', 5)`)
  const error = await program.refusal(failing, { suspendTimeout: 50 })
  assert.equal(error.code, 'hot_upgrade_failed')
  await program.run(`open(); await stuck`)
  const other = ['v1 6', 'v1 told 6', { count: 6, as: 'v1' }]
  assert.deepEqual(await program.run(LOOK), [...OLD, other])
  const report = await program.upgrade(failing, { onCodeChangeError: 'continue' })
  assert.deepEqual([report.processesSucceeded, report.processesFailed], [0, 2])
  assert.deepEqual(await program.run(LOOK), [
    ['v1 13', 'v1 told 13', { count: 13, as: 'v1' }],
    ['v1 7', 'v1 told 7', { count: 7, as: 'v1' }],
  ])
  // It is tried again, and is no reason against an upgrade of something else.
  const next = await program.upgrade(OTHER)
  assert.deepEqual([next.processesSucceeded, next.processesFailed], [0, 2])
  assert.equal(await program.run(`return kept.call('increment', 1)`), 'v1 14')
})
