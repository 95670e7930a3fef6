import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSupportedNode } from '../src/supported-node.ts'
import { CLI } from './support/beam.ts'
import { tempDir } from './support/pack-app.ts'

const VERSIONS: Record<string, boolean> = {
  '18.20.8': false,
  '20.20.2': false,
  '24.18.9': false,
  '24.19.0': true,
  '24.21.0': true,
  '25.9.0': false,
  '26.3.1': false,
  '26.4.0': true,
  '27.0.0': true,
}

test('the versions of Node.js that package.json names are the ones that are let through', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  assert.equal(engines.node, '^24.19.0 || >=26.4.0')
  for (const [version, supported] of Object.entries(VERSIONS))
    assert.equal(isSupportedNode(version), supported, version)
})

test('an older Node.js is told which it should be', t => {
  const pretend = join(tempDir(t), 'pretend.cjs')
  writeFileSync(
    pretend,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })
     Object.defineProperty(process, 'version', { value: 'v20.20.2' })`,
  )
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', pretend, CLI, 'status'], {
    encoding: 'utf8',
  })
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(
    stderr,
    /^beam-deploy needs Node\.js 24\.19 or newer, or 26\.4 or newer, and this is v20\.20\.2\. Install/,
  )
})
