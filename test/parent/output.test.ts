import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beam, freePort, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { boots, failingUpgrade, get, launch, pack, until } from './support.ts'

const TALKS = {
  'server.js': `
import http from 'node:http'
http.createServer((request, response) => {
  process.stdout.write('to standard output\\n')
  process.stderr.write('to standard error\\n')
  response.end('1.0.0')
}).listen(process.env.PORT)
`,
}

test('what a peer prints goes where its parent prints', async t => {
  const port = await freePort()
  const archive = await pack(t, '1.0.0', { files: TALKS })
  const args = ['start', archive, '--port', String(port), '--state-dir', tempDir(t)]
  const parent = launch(t, args)
  await until(() => get(port, '/').catch(() => null))
  await until(() => /to standard output/.test(parent.stdout()) && /to standard error/.test(parent.output()))
  assert.doesNotMatch(parent.stdout(), /standard error|beam-deploy/)
  parent.signal('SIGTERM')
  await parent.ended
})

test('a parent whose output nobody reads any more goes on', async t => {
  const port = await freePort()
  const stateRoot = tempDir(t)
  const archive = await pack(t, '1.0.0', { files: TALKS })
  const parent = launch(t, ['start', archive, '--port', String(port), '--state-dir', stateRoot])
  await until(() => get(port, '/').catch(() => null))
  parent.hangUp()
  for (let request = 0; request < 20; request += 1) assert.equal(await get(port, '/'), '1.0.0')
  const { code } = await beam(['upgrade', archive, '--state-dir', stateRoot])
  assert.equal(code, 0)
  for (let request = 0; request < 20; request += 1) assert.equal(await get(port, '/'), '1.0.0')
  const { stdout } = await beam(['status', '--state-dir', stateRoot, '--json'])
  assert.deepEqual([JSON.parse(stdout).pid, JSON.parse(stdout).generation], [parent.pid, 2])
  assert.equal((await beam(['stop', '--state-dir', stateRoot])).code, 0)
})

test('of a peer that printed much and failed, the error shows the end', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const prints = boots(`
const lines = Array.from({ length: 100_000 }, (_, index) => \`line \${index + 1}\n\`)
await new Promise(resolve => process.stdout.write(lines.join(''), resolve))
throw new Error('enough')
`)
  const { message, output = '' } = await failingUpgrade(app, await pack(t, '2.0.0', prints))
  assert.match(output, /Error: enough/)
  assert.match(output, /^line 100000$/m)
  assert.ok(output.length <= 8_192 && output.split('\n').length <= 40, `${output.length} characters`)
  assert.ok(message.endsWith(output))
})
