import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Files, startHotProgram } from '../support/hot-program.ts'

/** A package whose one function tells its version. */
function pack(folder: string, version: string, code = `exports.tell = () => '${version}'`): Files {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return {
    [`${folder}/package.json`]: JSON.stringify({ name, version }),
    [`${folder}/index.js`]: code,
  }
}

const APP: Files = {
  'app.js': `export { tell } from './tell.js'`,
  'tell.js': `
    import dep from 'dep'
    export const tell = () => 'v1 ' + dep.tell()`,
  ...pack('node_modules/dep', '1.0.0'),
  ...pack('node_modules/@scope/other', '1.0.0'),
}

const V2 = { 'tell.js': String(APP['tell.js']).replace('v1', 'v2') }
const TELL = `return (await load('./app.js')).tell()`

test('another version of a package is a reason, and with allow the old one stays', async t => {
  const program = await startHotProgram(t, APP)
  const changes = {
    ...V2,
    ...pack('node_modules/dep', '1.1.0'),
    ...pack('node_modules/@scope/other', '2.0.0'),
  }
  const { code, reasons } = await program.refusal(changes)
  assert.equal(code, 'incompatible_change')
  assert.deepEqual(reasons?.map(({ module, message }) => `${module}: ${message}`).sort(), [
    'node_modules/@scope/other: @scope/other is 2.0.0 in the release, and 1.0.0 runs: packages are not replaced in a running process',
    'node_modules/dep: dep is 1.1.0 in the release, and 1.0.0 runs: packages are not replaced in a running process',
  ])
  assert.equal(await program.run(TELL), 'v1 1.0.0')
  await program.upgrade(changes, { allow: ['node_modules/dep', 'node_modules/@scope/other'] })
  assert.equal(await program.run(TELL), 'v2 1.0.0')
})

test('another content under the same version is a reason where it runs', async t => {
  const program = await startHotProgram(t, APP)
  const { reasons } = await program.refusal(
    pack('node_modules/dep', '1.0.0', `exports.tell = () => 'patched'`),
  )
  assert.match(String(reasons?.[0]?.message), /^dep has another index\.js under the same version/)
  await program.upgrade({
    ...V2,
    ...pack('node_modules/@scope/other', '1.0.0', `exports.tell = () => 'never asked'`),
  })
  assert.equal(await program.run(TELL), 'v2 1.0.0')
})

test('a package inside another one counts as well, wherever it was before', async t => {
  const program = await startHotProgram(t, { ...APP, ...pack('node_modules/deep', '1.0.0') })
  const { reasons } = await program.refusal(pack('node_modules/dep/node_modules/deep', '2.0.0'))
  assert.deepEqual(
    reasons?.map(({ module }) => module),
    ['node_modules/dep/node_modules/deep'],
  )
  await program.upgrade(pack('node_modules/dep/node_modules/deep', '1.0.0'))
})

test('a package that is new is loaded from the new release; the next upgrade compares with that', async t => {
  const program = await startHotProgram(t, APP)
  await program.upgrade({
    'tell.js': `
      import dep from 'dep'
      import fresh from 'fresh'
      export const tell = () => 'v2 ' + dep.tell() + ' ' + fresh.tell()`,
    ...pack('node_modules/fresh', '3.0.0'),
  })
  assert.equal(await program.run(TELL), 'v2 1.0.0 3.0.0')
  const { reasons } = await program.refusal(pack('node_modules/fresh', '3.0.1'))
  assert.deepEqual(
    reasons?.map(({ module }) => module),
    ['node_modules/fresh'],
  )
})

test('a package that is still asked for and is gone is a reason; one that nobody asks for may go', async t => {
  const program = await startHotProgram(t, APP)
  const gone = { 'node_modules/dep/package.json': null, 'node_modules/dep/index.js': null }
  const { reasons } = await program.refusal(gone)
  assert.deepEqual(
    reasons?.map(({ module, message }) => `${module}: ${message}`),
    ['tell.js: it asks for dep, which is not in the `node_modules` of the release'],
  )
  await program.upgrade({ ...gone, 'tell.js': `export const tell = () => 'alone'` })
  assert.equal(await program.run(TELL), 'alone')
})

const [addon] = globSync('node_modules/@oxc-resolver/binding-*/*.node', {
  cwd: fileURLToPath(new URL('../../', import.meta.url)),
})

test('a native addon that changed is skipped and listed, and the rest is applied', async t => {
  const binary = readFileSync(fileURLToPath(new URL(`../../${addon}`, import.meta.url)))
  const program = await startHotProgram(
    t,
    {
      'app.js': `
        const addon = require('./native/addon.node')
        exports.seen = () => 'v1 ' + typeof addon.ResolverFactory`,
      'native/addon.node': binary,
    },
    { type: 'commonjs' },
  )
  const { skippedNativeModules } = await program.upgrade({
    'app.js': `
        const addon = require('./native/addon.node')
        exports.seen = () => 'v2 ' + typeof addon.ResolverFactory`,
    'native/addon.node': Buffer.concat([binary, Buffer.from('newer')]),
  })
  assert.deepEqual(skippedNativeModules, ['native/addon.node'])
  assert.equal(await program.run(`return require('./app.js').seen()`), 'v2 function')
  assert.deepEqual((await program.upgrade({ 'app.js': `exports.seen = () => 'v3'` })).skippedNativeModules, [
    'native/addon.node',
  ])
})
