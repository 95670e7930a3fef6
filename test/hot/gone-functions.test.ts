import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HotProgram, startHotProgram } from '../support/hot-program.ts'

const V1 = {
  'app.js': `import './things.js'`,
  'things.js': `
    const list = []
    const keep = value => { list.push(value) }
    function gone() { return 'gone v1' }
    const o = { gone() { return 'o v1' }, stays() { return 'v1' } }
    class A {
      gone() { return 'A v1' }
      stays() { return 'v1' }
    }
    function fill() { keep(gone); keep(o.gone); keep(new A().gone); keep(o.stays) }
    export { list, fill }`,
}

const V2 = {
  'things.js': `
    const list = []
    const keep = value => { list.push(value) }
    const o = { stays() { return 'v2' } }
    class A {
      stays() { return 'v2' }
    }
    function fill() { keep(o.stays) }
    export { list, fill }`,
}

const warnings = async (program: HotProgram, index: number) => {
  const [result, messages] = await program.run<[string, string[]]>(
    `const messages = []
    const note = ({ name, message }) => { if (name === 'BeamDeployWarning') messages.push(message) }
    process.on('warning', note)
    const result = (await load('./things.js')).list[given]()
    await new Promise(setImmediate)
    process.off('warning', note)
    return [result, messages]`,
    index,
  )
  return { result, messages }
}

test('a function that is gone and is called nevertheless by who kept it: that is said, once for each', async t => {
  const program = await startHotProgram(t, V1)
  await program.run(`(await load('./things.js')).fill()`)
  // That somebody has it is a reason, unless that is allowed.
  await program.upgrade(V2, { allow: ['things.js:gone', 'things.js:5', 'things.js:7'] })
  for (const [index, line] of [4, 5, 7].entries()) {
    const { result, messages } = await warnings(program, index)
    assert.match(result, /v1$/)
    assert.equal(messages.length, 1)
    assert.match(messages[0] ?? '', new RegExp(`^things\\.js:${line}: .* is gone since 2\\.0\\.0`))
    assert.deepEqual((await warnings(program, index)).messages, [])
  }
  assert.deepEqual(await warnings(program, 3), { result: 'v2', messages: [] })
})
