import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MANIFEST_PATH } from '../../src/release/manifest.ts'
import { unpackSource } from '../../src/release/unpack-source.ts'
import { otherVersion, WRAPPER } from '../support/other-node.ts'
import { tempDir } from '../support/pack-app.ts'
import {
  build,
  layOut,
  listArchive,
  lock,
  packDependency,
  readFromArchive,
  type Tree,
} from './build-support.ts'
import { assertError } from './unpack-support.ts'

const application = (dependencies: object = {}): Tree => ({
  'package.json': { name: 'app', version: '1.0.0', dependencies },
  'index.js': '',
})

/** An application that depends on the package `node`. */
async function dependsOnNode(t: TestContext, tree: Tree, scripts: object = {}): Promise<string> {
  const dir = await layOut(t, application({ node: 'file:vendor/node-1.0.0.tgz' }))
  await packDependency(t, join(dir, 'vendor'), 'node', { ...tree, 'package.json': { scripts } })
  await lock(dir)
  return dir
}

/** What is said of Node.js in the manifest of what is built, and found in it when it is unpacked. */
async function built(t: TestContext, dir: string) {
  const { file } = await build(dir)
  const { node: said } = JSON.parse(await readFromArchive(file, MANIFEST_PATH)) as { node?: string }
  const { node: found } = await unpackSource({ source: file, into: join(tempDir(t), 'release') })
  return { said, found: found && { path: found.path, version: found.version } }
}

test('the package `node` among the dependencies is what the release runs on', async t => {
  const dir = await dependsOnNode(t, { 'bin/node*': WRAPPER })
  const path = 'node_modules/node/bin/node'
  assert.deepEqual(await built(t, dir), { said: path, found: { path, version: otherVersion() } })
})

test('what that package installed it from is left out', async t => {
  const make = { preinstall: 'node make.js' }
  const tree = {
    'bin/node*': WRAPPER,
    'make.js': "require('fs').cpSync('bin', 'node_modules/node-any/bin', { recursive: true })",
  }
  const { file } = await build(await dependsOnNode(t, tree, make))
  const paths = (await listArchive(file)).filter(path => path.startsWith('node_modules/node/'))
  const expected = ['bin/node', 'index.js', 'make.js', 'package.json']
  assert.deepEqual(
    paths,
    expected.map(path => `node_modules/node/${path}`),
  )
})

test('a package of that name with nothing to execute is a package like others', async t => {
  const dir = await dependsOnNode(t, { 'bin/node': WRAPPER })
  assert.deepEqual(await built(t, dir), { said: undefined, found: undefined })
})

const CONFIG = { 'beam-deploy.config.json': { node: './runtime/node' } }

test('one of its files that the configuration names', async t => {
  const dir = await layOut(t, { ...application(), ...CONFIG, 'runtime/node*': WRAPPER })
  const path = 'runtime/node'
  assert.deepEqual(await built(t, dir), { said: path, found: { path, version: otherVersion() } })
})

for (const [name, tree] of [
  ['that is not there', {}],
  ['that is not executable', { 'runtime/node': WRAPPER }],
  ['that is not packed', { 'runtime/node*': WRAPPER, '.npmignore': 'runtime' }],
] as const) {
  test(`one ${name} is refused`, async t => {
    const dir = await layOut(t, { ...application(), ...CONFIG, ...tree })
    await assert.rejects(build(dir), error =>
      assertError(error, 'build_failed', 'names runtime/node', 'no executable file'),
    )
  })
}
