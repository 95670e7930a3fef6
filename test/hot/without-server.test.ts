import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('a program without a server: its timers have functions tell of themselves once in a turn, and what they run is no part of its start', async t => {
  const files = (step: number) => ({
    'app.js': `
      import { add } from './add.js'
      let sum = 0
      export const done = new Promise(resolve => setTimeout(() => {
        for (let i = 0; i < 1_000; i += 1) sum = add(sum)
        resolve(sum)
      }, 1))
      export const again = () => add(0)`,
    'add.js': `export const add = number => number + ${step}`,
  })
  const program = await startHotProgram(t, files(1))
  // The functions that a process with hot loading hears of.
  await program.run(`
    const hot = globalThis[Symbol.for('beam-deploy.hot')]
    globalThis.told = 0
    const { note } = hot
    Object.defineProperty(hot, 'note', { value: (...given) => { told += 1; return note(...given) } })`)
  assert.equal(await program.run(`return (await load('./app.js')).done`), 1_000)
  const told = await program.run<number>(`
    const { setTimeout: later } = await import('node:timers/promises')
    const { add } = await load('./add.js')
    told = 0
    await new Promise(resolve => setTimeout(() => { for (let i = 0; i < 1_000; i += 1) add(i); resolve() }, 1))
    await later(1)
    return told`)
  assert.ok(told <= 1, `${told} of 1 000 calls told of themselves`)
  await program.upgrade(files(2))
  assert.equal(await program.run(`return (await load('./app.js')).again()`), 2)
})
