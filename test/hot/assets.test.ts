import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'

const ESM: Files = {
  'package.json': '{ "name": "hot-program", "version": "1.0.0", "type": "module", "main": "app.js" }',
  'text.txt': 'text 1',
  'views/page.html': 'page 1',
  'app.js': `export * from './read.js'`,
  'read.js': `
    import { readFileSync } from 'node:fs'
    import { dirname, join } from 'node:path'
    import { fileURLToPath } from 'node:url'
    const here = dirname(fileURLToPath(import.meta.url))
    const manifest = new URL('package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
    const page = join(here, 'views', 'page.html')
    export const read = () => ({
      version,
      text: readFileSync('text.txt', 'utf8'),
      page: readFileSync(page, 'utf8'),
      beside: readFileSync(join(import.meta.dirname, 'views/page.html'), 'utf8'),
      whole: readFileSync(manifest, 'utf8').includes(version),
    })`,
}

const COMMONJS: Files = {
  ...ESM,
  'package.json': '{ "name": "hot-program", "version": "1.0.0", "main": "app.js" }',
  'app.js': `module.exports = require('./read')`,
  'read.js': `
    const fs = require('fs')
    const path = require('path')
    function load(name) { return JSON.parse(fs.readFileSync(path.join(__dirname, name), 'utf8')) }
    const manifest = path.resolve(__dirname, 'package.json')
    const version = load('package.json').version
    const page = path.join(__dirname, 'views', 'page.html')
    exports.read = () => ({
      version,
      text: fs.readFileSync('text.txt', 'utf8'),
      page: fs.readFileSync(page, 'utf8'),
      beside: fs.readFileSync(__dirname + '/views/page.html', 'utf8'),
      whole: fs.readFileSync(manifest, 'utf8').includes(version),
    })`,
}

const READ = `return (await load('./app.js')).read()`

for (const [format, files] of Object.entries({ 'ES modules': ESM, CommonJS: COMMONJS })) {
  test(`${format}: files are read from the new release, also those that were read at the start`, async t => {
    const program = await startHotProgram(t, files)
    assert.equal((await program.run<{ version: string }>(READ)).version, '1.0.0')
    for (const version of ['2.0.0', '3.0.0']) {
      await program.upgrade({
        'package.json': String(files['package.json']).replace('1.0.0', version),
        'text.txt': `text ${version}`,
        'views/page.html': `page ${version}`,
      })
      assert.deepEqual(await program.run(READ), {
        version,
        text: `text ${version}`,
        page: `page ${version}`,
        beside: `page ${version}`,
        whole: true,
      })
    }
  })
}

const SERVED: Files = {
  'public/style.css': 'body { color: red }',
  'app.js': `
    import { join } from 'node:path'
    const served = []
    const app = { use: folder => served.push(folder) }
    setup()
    function setup() { app.use(join(import.meta.dirname, 'public')) }
    export const version = () => 'v1'
    export const folders = () => served`,
}

test('a folder that the start has given to somebody is a reason when its content changed', async t => {
  const program = await startHotProgram(t, SERVED)
  const { code, reasons } = await program.refusal({ 'public/style.css': 'body { color: blue }' })
  assert.equal(code, 'incompatible_change')
  assert.deepEqual(
    reasons?.map(({ module, line }) => [module, line]),
    [['app.js', 5]],
  )
  assert.match(
    String(reasons?.[0]?.message),
    /^this statement has an effect that cannot be repeated: it ran a function at app\.js:6, which reads public$/,
  )
  await program.upgrade({ 'app.js': String(SERVED['app.js']).replace('v1', 'v2') })
  assert.equal(await program.run(`return (await load('./app.js')).version()`), 'v2')
  await program.upgrade({ 'public/style.css': 'body { color: blue }' }, { allow: ['app.js:5'] })
})

test('an upgrade that is undone leaves paths and the working directory as they were', async t => {
  const program = await startHotProgram(t, ESM)
  const before = await program.run(`return [process.cwd(), await load('./app.js').then(app => app.read())]`)
  const { code } = await program.refusal({
    'text.txt': 'text 2',
    'read.js': `${ESM['read.js']}\nthrow new Error('not this one')`,
  })
  assert.equal(code, 'hot_upgrade_failed')
  assert.deepEqual(
    await program.run(`return [process.cwd(), await load('./app.js').then(app => app.read())]`),
    before,
  )
})
