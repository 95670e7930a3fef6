import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'

const SERVER = `
  import { createServer } from 'node:http'
  const VERSION = 'first'
  const server = createServer((request, response) => { response.end(VERSION) })
  console.log('starts', VERSION)
  server.listen(0, '127.0.0.1', () => {
    console.log('ready at', server.address().port)
  })
  export const version = () => VERSION
  export { server }`

const READY = `
  const { server } = await load('./app.js')
  if (!server.listening) await new Promise(done => server.once('listening', done))
`

const EDITS: Record<string, { text: string; prints: RegExp }> = {
  'what a function says that has run': {
    text: SERVER.replace('ready at', 'listens at'),
    prints: /^starts first\nready at \d+\n$/,
  },
  'that a function says anything': {
    text: SERVER.replace(`    console.log('ready`, `    console.info('it is ready')\n    console.log('ready`),
    prints: /^starts first\nready at \d+\n$/,
  },
  'what a statement says': {
    text: SERVER.replace(`'starts'`, `'begins'`),
    prints: /^starts first\nready at \d+\nbegins first\n$/,
  },
  'that a statement says anything': {
    text: SERVER.replace(`  console.log('starts', VERSION)\n`, ''),
    prints: /^starts first\nready at \d+\n$/,
  },
  'a constant that is printed': {
    text: SERVER.replace(`'first'`, `'second'`),
    prints: /^starts first\nready at \d+\n$/,
  },
}

for (const [what, { text, prints }] of Object.entries(EDITS))
  test(`nothing is computed from what is printed: ${what} may change`, async t => {
    const program = await startHotProgram(t, { 'app.js': SERVER })
    await program.run(READY)
    await program.upgrade({ 'app.js': text })
    const shown = await program.run(`return (await load('./app.js')).version()`)
    assert.equal(shown, text.includes('second') ? 'second' : 'first')
    assert.match(program.output(), prints)
  })

test('what is called to be printed counts', async t => {
  const before = `
    let calls = 0
    const next = () => (calls += 1)
    function begin() {
      console.log('begins')
    }
    begin()
    export const show = () => calls`
  await assertRefused(t, {
    files: { 'app.js': before },
    changes: { 'app.js': before.replace(`console.log('begins')`, `console.log('begins', next())`) },
    look: `return (await load('./app.js')).show()`,
    reasons: [{ at: 'app.js:7', says: /it ran a function at app\.js:4/, allow: 'app.js:7' }],
  })
})

test('what stands in place of something that prints counts', async t => {
  const before = `
    let calls = 0
    const begin = first => {
      if (first) console.log('begins')
      calls += 1
    }
    begin(false)
    export const show = () => calls`
  await assertRefused(t, {
    files: { 'app.js': before },
    changes: { 'app.js': before.replace(` console.log('begins')\n`, '') },
    look: `return (await load('./app.js')).show()`,
    reasons: [{ at: 'app.js:6', says: /it ran a function at app\.js:3/, allow: 'app.js:6' }],
  })
})
