import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { defineProcess, processes } from '../../src/process.ts'
import type { CodeOfDefinition } from '../../src/rpc/process-contracts.ts'
import { asIs, hotTable, settled, stage, unique } from './support.ts'

interface Later {
  version: string
  codeChange?: (oldVersion: string, state: string[]) => string[]
}

/** A process whose state lists what has become of it; `work` waits until `open` is called. */
function defineList(name: string, { version, codeChange }: Later, gate: Promise<unknown>) {
  return defineProcess({
    name,
    version,
    init: (): string[] => [`begun as ${version}`],
    calls: {
      get: state => [...state],
      async work(state) {
        await gate
        state.push(`worked as ${version}`)
      },
    },
    terminate: () => void terminated.push(`${name} ${version}`),
    ...(codeChange && { codeChange: codeChange as (old: string, state: object) => string[] }),
  })
}

const terminated: string[] = []

/** A process that was busy when version 2 came, and is not any more. */
async function leaveBehind(t: TestContext, codeChange?: Later['codeChange'], asItWas = asIs) {
  const name = unique('list')
  const gate = Promise.withResolvers<void>()
  const process = defineList(name, { version: '1' }, gate.promise)
  await process.start()
  t.after(() => process.stop())
  const work = process.call('work')
  await settled()
  const staging = stage(t)
  assert.equal((await staging.suspend([name], 5)).skipped.length, 1)
  defineList(name, { version: '2', ...(codeChange && { codeChange }) }, gate.promise)
  staging.swap(asItWas)
  await staging.migrate(undefined, 'revert')
  return {
    name,
    process,
    staging,
    finish: async () => {
      staging.end()
      gate.resolve()
      await work
    },
  }
}

const versionOf = (name: string) => processes().find(info => info.name === name)?.version

test('the next upgrade takes it along, whatever that changes, from the version that it has', async t => {
  const { name, process, finish } = await leaveBehind(t, (old, state) => [...state, `from ${old}`])
  await finish()
  const other = await process.instance('other').start()
  assert.deepEqual(hotTable().behind(), [{ name, version: '1', instances: 1 }])
  const staging = stage(t)
  assert.deepEqual(await staging.suspend([], 1_000), { suspended: 1, skipped: [] })
  staging.swap(asIs)
  assert.deepEqual(await staging.migrate(undefined, 'revert'), { succeeded: 1, failed: [], stillBehind: [] })
  staging.end()
  assert.deepEqual(await process.call('get'), ['begun as 1', 'worked as 1', 'from 1'])
  assert.deepEqual(await other.call('get'), ['begun as 2'])
  assert.deepEqual(hotTable().behind(), [])
})

test('an upgrade that is undone leaves it where it was', async t => {
  const { name, process, finish } = await leaveBehind(t, (old, state) => [...state, `from ${old}`])
  await finish()
  const staging = stage(t)
  await staging.suspend([], 1_000)
  staging.swap(asIs)
  await staging.migrate(undefined, 'revert')
  staging.undo()
  staging.end()
  assert.deepEqual(await process.call('get'), ['begun as 1', 'worked as 1'])
  assert.equal(versionOf(name), '1')
})

test('where its codeChange throws, it stays behind, and that undoes no upgrade of anything else', async t => {
  const { name, process, finish } = await leaveBehind(t, () => {
    throw new Error('cannot')
  })
  await finish()
  const staging = stage(t)
  await staging.suspend([], 1_000)
  staging.swap(asIs)
  assert.deepEqual(await staging.migrate(undefined, 'revert'), {
    succeeded: 0,
    failed: [],
    stillBehind: [{ name, message: `codeChange of process ${name} threw: cannot` }],
  })
  staging.end()
  assert.deepEqual(await process.call('get'), ['begun as 1', 'worked as 1'])
  assert.equal(versionOf(name), '1')
})

test('its definition has the functions that it is given for the old ones, until it is undone', async t => {
  const asItWas = ((code: CodeOfDefinition) =>
    code.name === 'get'
      ? () => 'kept'
      : code.name === 'terminate'
        ? () => void terminated.push('kept')
        : code) as typeof asIs
  const { process, finish } = await leaveBehind(t, undefined, asItWas)
  const seen = process.call('get')
  await finish()
  assert.equal(await seen, 'kept')
  const other = await process.instance('other').start()
  assert.deepEqual(await other.call('get'), ['begun as 2'])
  await other.stop()
  await process.stop()
  assert.deepEqual(terminated.splice(0).slice(-2), [`${process.name} 2`, 'kept'])
  const again = await leaveBehind(t, undefined, asItWas)
  again.staging.undo()
  await again.finish()
  assert.deepEqual(await again.process.call('get'), ['begun as 1', 'worked as 1'])
})
