import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'

const manifest = (version: string, more: object = {}) =>
  JSON.stringify({ name: 'hot-program', version, type: 'module', main: 'app.js', ...more })

const ESM: Files = {
  'package.json': manifest('1.0.0'),
  'config.json': '{ "limit": 1, "list": [1] }',
  'app.js': `
    import './info.js'`,
  'info.js': `
    import { createRequire } from 'node:module'
    import manifest from './package.json' with { type: 'json' }
    const config = createRequire(import.meta.url)('./config.json')
    const { version } = manifest
    const banner = 'running ' + version
    export const seen = () => ({ version, banner, limit: config.limit, list: config.list, whole: manifest.version })`,
}

const COMMONJS: Files = {
  'package.json': manifest('1.0.0', { type: 'commonjs' }),
  'config.json': '{ "limit": 1, "list": [1] }',
  'app.js': `require('./info.js')`,
  'info.js': `
    const manifest = require('./package.json')
    const config = require('./config.json')
    const version = manifest.version
    const banner = 'running ' + version
    exports.seen = () => ({ version, banner, limit: config.limit, list: config.list, whole: manifest.version })`,
}

for (const [format, files] of Object.entries({ 'ES modules': ESM, CommonJS: COMMONJS })) {
  test(`${format}: what was read from JSON is read anew where the file changed, and only there`, async t => {
    const program = await startHotProgram(t, files)
    const { modules } = await program.upgrade({
      'package.json': String(files['package.json']).replace('1.0.0', '2.0.0'),
      'config.json': '{ "limit": 2, "list": [1] }',
    })
    assert.deepEqual(await program.run(`return (await load('./info.js')).seen()`), {
      version: '2.0.0',
      banner: 'running 2.0.0',
      limit: 2,
      list: [1],
      whole: '2.0.0',
    })
    const evaluated = modules.map(({ module, evaluated }) => [module, evaluated])
    assert.deepEqual(Object.fromEntries(evaluated), {
      'info.js': ['version', 'banner'],
      'package.json': ['version'],
      'config.json': ['limit'],
    })
  })
}

test('what the program has written into the content of a JSON file is not overwritten', async t => {
  const program = await startHotProgram(t, COMMONJS)
  await program.run(`require('./config.json').limit = 100`)
  const { code, reasons } = await program.refusal({ 'config.json': '{ "limit": 2, "list": [1] }' })
  assert.equal(code, 'incompatible_change')
  assert.deepEqual(
    reasons?.map(({ module, message }) => [module, message]),
    [['config.json', 'its `limit` changed, and the program has written another value there']],
  )
  // Another key of it may change.
  await program.upgrade({ 'config.json': '{ "limit": 1, "list": [2] }' })
  const after = `const { limit, list } = (await load('./info.js')).seen(); return [limit, list]`
  assert.deepEqual(await program.run(after), [100, [2]])
})

test('a JSON file that is none any more, or another value as a whole, is a reason', async t => {
  const program = await startHotProgram(t, COMMONJS)
  const broken = await program.refusal({ 'config.json': '{ "limit": 2,' })
  assert.match(broken.message, /config\.json: it is no JSON/)
  const list = await program.refusal({ 'config.json': '[]' })
  assert.match(list.message, /config\.json: it is another value as a whole/)
  assert.deepEqual(await program.run(`return require('./config.json')`), { limit: 1, list: [1] })
})
