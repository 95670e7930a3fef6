import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { writeLeaseNote } from '../../src/parent/lease-notes.ts'
import { watchLeftLeases } from '../../src/parent/left-leases.ts'
import { leaseNote, leaseNotesFolder } from '../../src/rpc/lease-contracts.ts'
import { asksFor, assertNoOverlap, begun, leaseOf, untilBegun } from '../support/leases.ts'
import { tempDir } from '../support/pack-app.ts'
import { packRunner, startRunner } from '../support/run-code.ts'
import { isAlive, until, untilGone } from './support.ts'

test('a new parent gives a lease to nobody while a peer of the one that was killed still works on it', async t => {
  const gate = join(tempDir(t), 'gate')
  const env = { NOTES: join(tempDir(t), 'notes') }
  const slow = `
    await told
    note('was told')
    const { existsSync } = await import('node:fs')
    while (!existsSync('${gate}')) await new Promise(resolve => setTimeout(resolve, 10))`
  const archive = await packRunner(t, '1.0.0', { boot: asksFor('queue', slow) })
  const app = await startRunner(t, archive, { env })
  const { pid } = await untilBegun(app, 'queue', 1)
  process.kill(app.pid, 'SIGKILL')
  await app.untilNoted(/was told/)

  const again = await startRunner(t, archive, { env, port: app.port, stateRoot: app.stateRoot })
  assert.equal(await again.value('return 1'), 1)
  const { state, waiting, ...left } = await leaseOf(again, 'queue')
  assert.deepEqual([state, waiting, left], ['left', ['1.0'], { name: 'queue', peer: '1.0', pid }])
  assert.match(
    (await again.command('status')).stdout,
    new RegExp(`queue +held by process ${pid}, whose parent`),
  )
  assert.equal(begun(again, 'queue').length, 1)

  writeFileSync(gate, '')
  assert.notEqual((await untilBegun(again, 'queue', 2)).pid, pid)
  assertNoOverlap(again)
  await untilGone(pid)
  assert.equal(readdirSync(leaseNotesFolder(again.stateDir)).length, 1)
})

test('it gets it at once where that peer is killed too', async t => {
  const env = { NOTES: join(tempDir(t), 'notes') }
  const never = 'await new Promise(resolve => setInterval(resolve, 1e9))'
  const archive = await packRunner(t, '1.0.0', { boot: asksFor('queue', never) })
  const app = await startRunner(t, archive, { env })
  const { pid } = await untilBegun(app, 'queue', 1)
  process.kill(app.pid, 'SIGKILL')
  const again = await startRunner(t, archive, { env, port: app.port, stateRoot: app.stateRoot })
  await until(async () => (await leaseOf(again, 'queue')).state === 'left')
  process.kill(pid, 'SIGKILL')
  await untilBegun(again, 'queue', 2)
  assertNoOverlap(again)
})

test('parent after parent is killed, and no two processes ever have the lease', async t => {
  const env = { NOTES: join(tempDir(t), 'notes') }
  const slow = 'await told; await new Promise(resolve => setTimeout(resolve, 400))'
  const archive = await packRunner(t, '1.0.0', { boot: asksFor('queue', slow) })
  let app = await startRunner(t, archive, { env, args: ['--peers', '2'] })
  for (let round = 1; round <= 5; round += 1) {
    await untilBegun(app, 'queue', round)
    process.kill(app.pid, 'SIGKILL')
    const { port, stateRoot } = app
    app = await startRunner(t, archive, { env, port, stateRoot, args: ['--peers', '2'] })
  }
  await untilBegun(app, 'queue', 6)
  assertNoOverlap(app)
})

test('where a lease cannot be written down nobody gets it, until it can be', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const folder = leaseNotesFolder(app.stateDir)
  writeFileSync(folder, 'in the way')
  await app.value(`await (${asksFor('queue')})({ beam, note, kept })`)
  await until(() => /the lease "queue" is not given to anybody for now: /.test(app.output()))
  assert.deepEqual([(await leaseOf(app, 'queue')).state, begun(app, 'queue')], ['free', []])
  rmSync(folder)
  await untilBegun(app, 'queue', 1)
})

test('a peer that holds a lease for longer than it may live is killed; one of which only the number is known is not', async t => {
  const stateDir = tempDir(t)
  const [known, unknown, ended] = await Promise.all([stubborn(t), stubborn(t), stubborn(t)])
  const noteOf = (name: string) => leaseNote(join(stateDir, 'peers', name), 1)
  for (const [name, { pid }] of Object.entries({ known, ended }))
    writeLeaseNote(noteOf(name), { name, peer: '1.0', pid: Number(pid), shutdownTimeout: 200 })
  writeFileSync(
    noteOf('unknown'),
    JSON.stringify({ name: 'unknown', peer: '1.1', process: String(unknown.pid), shutdownTimeout: 200 }),
  )
  writeFileSync(noteOf('no note'), '{')
  ended.kill('SIGKILL')
  await once(ended, 'exit')

  const blocked = new Set<string>()
  const warnings: string[] = []
  const left = watchLeftLeases({
    stateDir,
    logger: { warn: text => void warnings.push(text) },
    block: name => {
      blocked.add(name)
      return () => blocked.delete(name)
    },
  })
  assert.deepEqual([...blocked].sort(), ['known', 'unknown'])
  await until(() => blocked.size === 1)
  assert.deepEqual([...blocked], ['unknown'])
  assert.ok(!isAlive(Number(known.pid)) && isAlive(Number(unknown.pid)))
  assert.deepEqual(warnings.map(text => text.replace(/\d+/, 'N')).sort(), [
    'peer process N, left by a parent that was killed, still holds the lease "known"; it is killed',
    'peer process N, left by a parent that was killed, still holds the lease "unknown"; end it, if it is still one',
  ])
  rmSync(noteOf('unknown'))
  await until(() => blocked.size === 0)
  assert.deepEqual([left.list(), readdirSync(leaseNotesFolder(stateDir))], [[], []])
})

/** A process that nobody but the kernel can end. */
async function stubborn(t: TestContext): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['-e', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e9); process.stdout.write('runs')`],
    { detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  t.after(() => child.kill('SIGKILL'))
  assert.ok(child.stdout)
  await once(child.stdout, 'data')
  return child
}
