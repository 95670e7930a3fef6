import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { askNode, findNode, nodePathIn } from '../../src/release/node-binary.ts'
import { OTHER_NODE, otherVersion, putProgram, WRAPPER } from '../support/other-node.ts'
import { tempDir } from '../support/pack-app.ts'

const says = (versions: object) => `#!/bin/sh\necho '${JSON.stringify(versions)}'\n`

test('a release brings the Node.js that it names, else one that is installed in it, else none', async t => {
  const dir = tempDir(t)
  assert.equal(await findNode(dir, undefined), null)
  putProgram(dir, 'node_modules/node/bin/node', WRAPPER)
  const installed = await findNode(dir, undefined)
  assert.deepEqual(installed, {
    path: 'node_modules/node/bin/node',
    version: otherVersion(),
    abi: (await askNode(OTHER_NODE, 'x')).abi,
  })
  putProgram(dir, 'runtime/node', says({ node: '24.30.0', modules: '137' }))
  const named = await findNode(dir, 'runtime/node')
  assert.deepEqual(named, { path: 'runtime/node', version: '24.30.0', abi: '137' })
  assert.equal(named && nodePathIn(dir, named), join(dir, 'runtime/node'))
})

test('the Node.js that runs this is what it says of itself, whatever NODE_OPTIONS want', async t => {
  t.after(() => delete process.env.NODE_OPTIONS)
  process.env.NODE_OPTIONS = '--require=/nowhere.js'
  const { version, abi } = await askNode(process.execPath, 'x')
  assert.deepEqual([version, abi], [process.versions.node, process.versions.modules])
})

const REFUSED: [string, string, RegExp][] = [
  [
    'a version that is too old',
    says({ node: '24.18.9', modules: '137' }),
    /names it, and that is Node\.js 24\.18\.9: peers need 24\.19 or newer/,
  ],
  ['one between', says({ node: '25.1.0', modules: '141' }), /that is Node\.js 25\.1\.0/],
  ['a program that is none', '#!/bin/sh\necho hello\n', /does not run here: it said "hello\\n"/],
  ['one that says nothing of itself', says({}), /does not run here: it said "\{\}\\n"/],
  ['one that fails', '#!/bin/sh\nexit 3\n', /does not run here: /],
  ['what is for another platform', '\u0000\u0001\u0002', /does not run here: /],
]
for (const [name, text, message] of REFUSED)
  test(`refused: ${name}`, async t => {
    await assert.rejects(askNode(putProgram(tempDir(t), 'node', text), 'a test names it'), {
      code: 'incompatible_runtime',
      message,
    })
  })

test('refused: what is not there, or may not be run', async t => {
  const dir = tempDir(t)
  await assert.rejects(findNode(dir, 'gone/node'), {
    code: 'incompatible_runtime',
    message:
      /the release names gone\/node as its Node\.js, and it does not run here: .*ENOENT.*name another with --node/,
  })
  chmodSync(putProgram(dir, 'node', WRAPPER), 0o644)
  await assert.rejects(findNode(dir, 'node'), { code: 'incompatible_runtime', message: /EACCES/ })
})
