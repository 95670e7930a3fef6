import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApp } from '../support/beam.ts'
import { about, get, holdRequest, isAlive, lightLoad, pack, until, untilGone } from './support.ts'

test('when the parent is killed, its peers answer what they have and end; the next start boots what was current', async t => {
  const archive = await pack(t, '1.0.0')
  const app = await startApp(t, archive)
  await app.upgrade(await pack(t, '2.0.0'))
  const { pid } = await about(app.port)
  const held = await holdRequest(t, app, 8)
  const load = lightLoad(t, app.port)
  await load.answeredBy('2.0.0')

  process.kill(app.pid, 'SIGKILL')

  assert.deepEqual(await app.ended, { code: null, signal: 'SIGKILL' })
  const again = await startApp(t, archive, { port: app.port, stateRoot: app.stateRoot })
  assert.equal((await about(again.port)).version, '2.0.0')
  assert.match(again.output(), /starting 2\.0\.0, which was switched to after 1\.0\.0/)
  await load.answeredBy('2.0.0')
  // The port was free although the old peer still had requests to answer.
  assert.ok(isAlive(pid))
  assert.deepEqual(await held.answer(), Array(8).fill('2.0.0'))
  await untilGone(pid)
  // Nobody held the port for a moment, so some of the load was refused, or reset in the queue: not before, nor since.
  await load.stop()
  assert.deepEqual(
    (await again.status()).peers.map(({ state }) => state),
    ['serving'],
  )
})

test('a peer that still boots when the parent is killed ends', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const archive = await pack(t, '2.0.0', {
    files: { 'before-listen.js': 'await new Promise(resolve => setInterval(resolve, 1e9))' },
  })
  const upgrade = app.command('upgrade', archive, '--json')
  const pid = await until(async () => {
    const { peers } = await app.status()
    return peers.find(({ state }) => state === 'booting')?.pid
  })
  process.kill(app.pid, 'SIGKILL')
  await untilGone(pid)
  const { code, stdout } = await upgrade
  assert.equal(code, 1)
  assert.equal(JSON.parse(stdout).error.code, 'peer_gone')
})

test('a peer whose output nobody reads any more still answers', async t => {
  const app = await startApp(t, await pack(t, '1.0.0', { files: WRITES_WHEN_ORPHANED }))
  const { peers } = await app.status()
  const answer = get(app.port, '/')
  await until(() => /waiting/.test(app.output()))
  process.kill(app.pid, 'SIGKILL')
  assert.equal(await answer, 'answered')
  for (const { pid } of peers) if (pid) await untilGone(pid)
})

/** Writes after its parent has ended, and before it can have heard of that. */
const WRITES_WHEN_ORPHANED = {
  'server.js': `
import http from 'node:http'
http.createServer((request, response) => {
  const parent = process.ppid
  process.stdout.write('waiting\\n')
  while (process.ppid === parent);
  process.stdout.write('to nobody\\n')
  console.error('to nobody')
  process.stderr.write('to nobody\\n')
  setTimeout(() => response.end('answered'), 100)
}).listen(process.env.PORT)
`,
}
