import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tidy } from '../../src/parent/tidy.ts'

const TIDY = fileURLToPath(new URL('../../src/parent/tidy.ts', import.meta.url))

test('a parent of its own gives memory back a moment later', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const collect = t.mock.fn<NonNullable<typeof globalThis.gc>>()
  const own = globalThis.gc
  globalThis.gc = collect as unknown as typeof globalThis.gc
  t.after(() => {
    globalThis.gc = own
  })
  tidy()
  assert.equal(collect.mock.callCount(), 0)
  t.mock.timers.tick(1_000)
  assert.deepEqual(
    collect.mock.calls.map(({ arguments: given }) => given),
    [[{ type: 'major', execution: 'sync', flavor: 'last-resort' }]],
  )
})

test('what the collector is asked for is what V8 understands: unused memory goes', () => {
  const program = `
    let garbage = Array.from({ length: 1e5 }, (_, index) => ({ index }))
    const before = process.memoryUsage().heapUsed
    garbage = null
    require(${JSON.stringify(TIDY)}).tidy()
    setTimeout(() => console.log(process.memoryUsage().heapUsed < before - 1e6), 1_000)`
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', '-e', program], { encoding: 'utf8' })
  assert.equal(stdout, 'true\n')
})

test('in a process that is somebody else’s too nothing happens', () => {
  const program = `require(${JSON.stringify(TIDY)}).tidy(); console.log(typeof gc)`
  const { stdout, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' })
  assert.deepEqual([stdout, status], ['undefined\n', 0])
})
