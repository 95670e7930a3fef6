import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

const V1 = {
  'app.js': `import './counter.js'`,
  'counter.js': `
    let n = 0
    export const rooms = new Map()
    export const version = () => 'v1'
    export const hit = () => { n += 1; rooms.set(n, version()); return n }`,
}

test('variables of a module whose functions change keep their values', async t => {
  const program = await startHotProgram(t, V1)
  await program.run(`return (await load('./counter.js')).hit()`)
  const { pid } = program
  const report = await program.upgrade({
    'counter.js': V1['counter.js'].replace("'v1'", "'v2'").replace('n += 1', 'n += 10'),
  })
  assert.deepEqual(report.peers, [pid])
  const after = await program.run(
    `const counter = await load('./counter.js'); return [counter.hit(), counter.version(), [...counter.rooms]]`,
  )
  assert.deepEqual(after, [
    11,
    'v2',
    [
      [1, 'v1'],
      [11, 'v2'],
    ],
  ])
})
