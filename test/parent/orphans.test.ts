import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeNotesFolder, noteOf, settleOrphans, writeNote } from '../../src/parent/orphans.ts'
import { startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { about, get, isAlive, pack, until, untilGone } from './support.ts'

const BLOCKS_ON_REQUEST = {
  'before-listen.js': `
import http from 'node:http'
const { emit } = http.Server.prototype
http.Server.prototype.emit = function (event, request, ...rest) {
  if (event === 'request' && request.url === '/block') {
    console.log('blocked')
    for (;;);
  }
  return emit.call(this, event, request, ...rest)
}
`,
}

test('a peer that is too busy to hear that its parent was killed does not keep the next start from its port', async t => {
  const archive = await pack(t, '1.0.0', { files: BLOCKS_ON_REQUEST })
  const app = await startApp(t, archive)
  const { pid } = await about(app.port)
  t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
  get(app.port, '/block').catch(() => undefined)
  await until(() => /blocked/.test(app.output()))
  process.kill(app.pid, 'SIGKILL')
  await app.ended
  assert.ok(isAlive(pid))

  const again = await startApp(t, archive, { port: app.port, stateRoot: app.stateRoot })

  assert.equal((await about(again.port)).version, '1.0.0')
  assert.match(again.output(), new RegExp(`peer process ${pid}, .* takes no notice; it is killed`))
  await untilGone(pid)
})

test('a peer has its note while it lives, and none when it has ended', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const notes = () => readdirSync(join(app.stateDir, 'peers'))
  assert.deepEqual(notes(), [`${app.pid}-1.0`])
  const { pid } = await about(app.port)
  await app.upgrade(await pack(t, '2.0.0'))
  await untilGone(pid)
  await until(() => notes().length === 1)
  assert.deepEqual(notes(), [`${app.pid}-2.0`])
  await app.stop()
  assert.deepEqual(notes(), [])
})

test('notes of processes that have ended are taken away', async t => {
  const dir = tempDir(t)
  makeNotesFolder(dir)
  const ended = spawn(process.execPath, ['-e', ''])
  await once(ended, 'exit')
  writeNote(noteOf(dir, '1.0'), Number(ended.pid))
  writeFileSync(noteOf(dir, '1.1'), 'not a process')
  await settleOrphans(dir, 0, unexpected)
  assert.deepEqual(readdirSync(join(dir, 'peers')), [])
})

test('a process of which nothing but its id is known is not killed: it could be anybody’s', async t => {
  const dir = tempDir(t)
  makeNotesFolder(dir)
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { detached: true })
  t.after(() => other.kill('SIGKILL'))
  writeFileSync(noteOf(dir, '1.0'), String(other.pid))
  const warnings: string[] = []
  await settleOrphans(dir, 0, { ...unexpected, warn: message => void warnings.push(message) })
  assert.ok(isAlive(Number(other.pid)))
  assert.match(warnings.join(), new RegExp(`peer process ${other.pid}, .*end it, if it is still one`))
  assert.ok(existsSync(noteOf(dir, '1.0')))
})

const unexpected = {
  info: assert.fail,
  warn: assert.fail,
  error: assert.fail,
}
