import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { runConfig } from '../../src/config/run-config.ts'
import { tempDir } from '../support/pack-app.ts'

function folder(t: TestContext, files: Record<string, string>): string {
  const dir = tempDir(t)
  for (const [path, text] of Object.entries({ 'package.json': '{}', ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}

const CODE = `import { defineConfig } from 'beam-deploy'\nconsole.log('printed')\n`
const FOUND: Record<string, Record<string, string>> = {
  'package.json': { 'package.json': '{ "beamDeploy": { "peers": 2 } }' },
  JSON: { 'beam-deploy.config.json': '\uFEFF{ "peers": 2 }' },
  'an ES module, where beam-deploy is not installed': {
    'beam-deploy.config.mjs': `${CODE}export default defineConfig({ peers: 2 })`,
  },
  TypeScript: {
    'beam-deploy.config.ts': `${CODE}import type { BeamDeployConfig } from 'beam-deploy'
      const config: BeamDeployConfig = { peers: 2 }
      export default defineConfig(config)`,
  },
  'the kind that package.json says': {
    'package.json': '{ "type": "module" }',
    'beam-deploy.config.js': 'export default { peers: await 2 }',
  },
  CommonJS: {
    'beam-deploy.config.cjs': `const { defineConfig } = require('beam-deploy')
      module.exports = defineConfig({ peers: 2 })`,
  },
}
for (const [name, files] of Object.entries(FOUND))
  test(`a configuration is found in ${name}`, async t => {
    assert.deepEqual(await loadConfig(folder(t, files)), { peers: 2 })
  })

test('there is none', async t => {
  assert.equal(await loadConfig(folder(t, { 'config.js': '' })), null)
  assert.equal(await loadConfig(tempDir(t)), null)
})

test('an installed beam-deploy goes before ours', async t => {
  const dir = folder(t, {
    'beam-deploy.config.mjs': `import { peers } from 'beam-deploy'\nexport default { peers }`,
    'node_modules/beam-deploy/package.json': '{ "type": "module", "exports": "./index.js" }',
    'node_modules/beam-deploy/index.js': 'export const peers = 7',
  })
  assert.deepEqual(await loadConfig(dir), { peers: 7 })
})

const REFUSED: [string, Record<string, string>, RegExp][] = [
  [
    'two of them',
    { 'beam-deploy.config.json': '{}', 'package.json': '{ "beamDeploy": {} }' },
    /more than one configuration: beam-deploy\.config\.json, package\.json#beamDeploy\. Keep one/,
  ],
  ['no JSON', { 'beam-deploy.config.json': '{,}' }, /beam-deploy\.config\.json cannot be read: .*JSON/],
  [
    'a wrong value',
    { 'package.json': '{ "beamDeploy": { "peers": "x" } }' },
    /^package\.json#beamDeploy: peers is "x"/,
  ],
  [
    'a function where a module should be',
    { 'beam-deploy.config.mjs': 'export default { beforeCutover() {} }' },
    /^beam-deploy\.config\.mjs: beforeCutover is a function; it must be the path of a module/,
  ],
  [
    'code that throws',
    { 'beam-deploy.config.mjs': 'throw new Error("no")' },
    /beam-deploy\.config\.mjs cannot be run: no/,
  ],
  ['no default export', { 'beam-deploy.config.mjs': 'export const peers = 2' }, /has no default export/],
  [
    'code that ends its process',
    { 'beam-deploy.config.mjs': 'process.exit(3)' },
    /beam-deploy\.config\.mjs gave no configuration: it ended its process with exit code 3/,
  ],
  [
    'a module that is not there',
    { 'beam-deploy.config.json': '{ "beforeCutover": "./gone.js" }' },
    /beam-deploy\.config\.json names the module gone\.js, and there is no such file/,
  ],
]
for (const [name, files, message] of REFUSED)
  test(`refused: ${name}`, async t => {
    await assert.rejects(loadConfig(folder(t, files)), { code: 'invalid_option', message })
  })

test('code that never ends is ended', async t => {
  const dir = folder(t, { 'beam-deploy.config.mjs': 'await new Promise(() => setInterval(() => 1, 1000))' })
  await assert.rejects(runConfig(join(dir, 'beam-deploy.config.mjs'), 'beam-deploy.config.mjs', 300), {
    code: 'invalid_option',
    message: /it did not end within 300 ms/,
  })
})
