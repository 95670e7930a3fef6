import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { about, pack } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'

/** Node.js options that peers inherit are none of the parent's own. */
const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')

test('start becomes a lean parent, with the same process id, and its peers are not lean', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  assert.equal((await app.status()).pid, app.pid)
  const parent = commandLine(app.pid)
  assert.ok(parent.includes('--jitless'), parent.join(' '))
  assert.ok(
    parent.some(argument => argument.endsWith('/parent.cjs')),
    parent.join(' '),
  )
  const { pid, execArgv } = await about(app.port)
  assert.notEqual(pid, app.pid)
  assert.equal(commandLine(pid).includes('--jitless'), false)
  assert.deepEqual(
    execArgv.filter(option => option !== '--require' && !/\/(preload|hot)\.cjs$/.test(option)),
    [],
  )
  await upgradesAndStops(t, app)
})

test('options that node was given stay the parent’s', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'), { execArgv: ['--title=parent-of-mine'] })
  assert.ok(commandLine(app.pid)[0]?.startsWith('parent-of-mine'), commandLine(app.pid).join(' '))
})

test('where Node.js cannot replace a process, the command line itself is the parent', async t => {
  const without = join(tempDir(t), 'without-execve.cjs')
  writeFileSync(without, 'delete process.execve')
  const app = await startApp(t, await pack(t, '1.0.0'), { execArgv: ['--require', without] })
  assert.equal(
    commandLine(app.pid).some(argument => argument.endsWith('/parent.cjs')),
    false,
  )
  await upgradesAndStops(t, app)
})

async function upgradesAndStops(t: TestContext, app: RunningApp): Promise<void> {
  await app.upgrade(await pack(t, '2.0.0'))
  assert.equal((await about(app.port)).version, '2.0.0')
  const peer = (await about(app.port)).pid
  await app.stop()
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  assert.throws(() => process.kill(peer, 0), { code: 'ESRCH' })
  // What it was unpacked to before it was known which application it is.
  assert.deepEqual(
    readdirSync(app.stateRoot).filter(name => name.startsWith('.start')),
    [],
  )
}
