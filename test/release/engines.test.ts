import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { unmetEngine } from '../../src/release/engines.ts'
import { temporaryFolder } from './unpack-support.ts'

const cases: [engines: unknown, version: string, unmet: string | null][] = [
  [undefined, '24.21.0', null],
  [null, '24.21.0', null],
  [{}, '24.21.0', null],
  [{ npm: '>=99' }, '24.21.0', null],
  [{ node: '>=24' }, '24.21.0', null],
  [{ node: '24' }, '24.21.0', null],
  [{ node: '^24.19.0 || >=26.4.0' }, '26.10.0', null],
  [{ node: '^24.19.0 || >=26.4.0' }, '25.1.0', '^24.19.0 || >=26.4.0'],
  [{ node: '>=26' }, '24.21.0', '>=26'],
  [{ node: '18.x' }, '24.21.0', '18.x'],
  [{ node: '*' }, '24.21.0', null],
  [{ node: '>=27' }, '27.0.0-nightly20261101abcdef', null],
  [{ node: 'lts/*' }, '24.21.0', null],
  [{ node: 24 }, '24.21.0', null],
]

test('what a release asks for in engines.node, where a Node.js is not that', t => {
  const dir = temporaryFolder(t)
  for (const [engines, version, unmet] of cases) {
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ engines }))
    assert.equal(unmetEngine(dir, version), unmet, `${JSON.stringify(engines)} on ${version}`)
  }
})
