import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startApp } from '../support/beam.ts'
import { newConnections } from '../support/load.ts'
import { tempDir } from '../support/pack-app.ts'
import { about, assertNoLoss, boots, isAlive, lightLoad, pack, until, untilGone } from './support.ts'

test('--peers 2: both answer, and when one crashes the other serves', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--peers', '2'] })
  const { peers } = await app.status()
  assert.deepEqual(
    peers.map(({ id, slot, state }) => [id, slot, state]),
    [
      ['1.0', 0, 'serving'],
      ['1.1', 1, 'serving'],
    ],
  )
  const [first, second] = peers.map(({ pid }) => pid)
  assert.ok(first && second)
  const answered = new Set<number>()
  await until(async () => answered.add((await about(app.port)).pid).size === 2)
  assert.deepEqual([...answered].sort(), [first, second].sort())

  process.kill(second, 'SIGKILL')

  await until(async () => (await about(app.port).catch(() => null))?.pid === first)
  const replaced = await until(async () => {
    const status = await app.status()
    return status.peers.every(({ state }) => state === 'serving') && status.peers[1]?.pid !== second && status
  })
  assert.equal(replaced.peers[0]?.pid, first)
  assert.equal(replaced.activePeer?.pid, first)

  const load = lightLoad(t, app.port, newConnections, 8)
  await load.answeredBy('1.0.0')
  const { draining } = await app.upgrade(await pack(t, '2.0.0'))
  assert.equal(draining.length, 2)
  await load.answeredBy('2.0.0')
  for (const pid of draining) await untilGone(pid)
  assertNoLoss(await load.stop())
})

test('when one of two peers does not boot, the upgrade fails and the other is ended too', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--peers', '2'] })
  const marker = join(tempDir(t), 'first')
  const onlyOne = boots(`
import { mkdirSync } from 'node:fs'
console.log('new peer is', process.pid)
mkdirSync(${JSON.stringify(marker)})
`)
  const { code, stdout } = await app.command('upgrade', await pack(t, '2.0.0', onlyOne), '--json')
  assert.equal(code, 1)
  assert.match(JSON.parse(stdout).error.message, /EEXIST/)
  // The error shows the output of the one once more.
  const pids = new Set([...app.output().matchAll(/^new peer is (\d+)/gm)].map(([, pid]) => Number(pid)))
  assert.equal(pids.size, 2)
  for (const pid of pids) assert.ok(!isAlive(pid))
  assert.equal((await about(app.port)).version, '1.0.0')
})

const STARTS_A_CHILD = boots(`
import { spawn } from 'node:child_process'
process.env.CHILD = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'inherit' }).pid
`)

test('what a peer started itself ends with it: after a crash, and after a drain', async t => {
  const app = await startApp(t, await pack(t, '1.0.0', STARTS_A_CHILD))
  const first = await about(app.port)
  assert.ok(isAlive(Number(first.env.CHILD)))
  process.kill(first.pid, 'SIGKILL')
  const second = await until(async () => {
    const answer = await about(app.port).catch(() => null)
    return answer?.pid !== first.pid && answer
  })
  await untilGone(Number(first.env.CHILD))
  await app.upgrade(await pack(t, '2.0.0'))
  await untilGone(second.pid)
  await untilGone(Number(second.env.CHILD))
})

test('the parent runs no code of the application, and loads none of its files', async t => {
  const says = boots("console.log('loaded by', process.pid)")
  const app = await startApp(t, await pack(t, '1.0.0', says))
  await app.upgrade(await pack(t, '2.0.0', says))
  const { pid } = await about(app.port)
  const loadedBy = [...app.output().matchAll(/loaded by (\d+)/g)].map(([, pid]) => Number(pid))
  assert.equal(loadedBy.length, 2)
  assert.ok(loadedBy.includes(pid))
  assert.ok(!loadedBy.includes(app.pid))
  assert.doesNotMatch(readFileSync(`/proc/${app.pid}/maps`, 'utf8'), /releases\//)
})

test('a peer that is blocked does not keep `status` from answering', async t => {
  const app = await startApp(t, await pack(t, '1.0.0', { files: BLOCKS }))
  const { pid } = await about(app.port)
  void about(app.port).catch(() => undefined)
  await until(() => /blocked/.test(app.output()))
  const { peers } = await app.status()
  assert.deepEqual(
    peers.map(peer => [peer.pid, peer.state, 'load' in peer && peer.load]),
    [[pid, 'serving', null]],
  )
  process.kill(pid, 'SIGKILL')
})

/** Answers once. */
const BLOCKS = {
  'server.js': `
import http from 'node:http'
let requests = 0
http.createServer((request, response) => {
  if (requests++ === 0) return response.end(JSON.stringify({ pid: process.pid }))
  process.stdout.write('blocked\\n')
  for (;;);
}).listen(process.env.PORT)
`,
}
