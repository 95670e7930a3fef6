import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createEvents, type Tell } from '../../src/parent/events.ts'
import { startApp } from '../support/beam.ts'
import { assertAsDocumented, recordEvents } from '../support/events.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { errorOf, failingUpgrade, until, untilGone } from './support.ts'

const pack = (t: TestContext, version: string) => packApp(t, 'hears-events', { version })

const OF_A_SWAP = [
  'upgrade:start',
  'unpack:start',
  'unpack:end',
  'boot:start',
  'peer:start',
  'peer:ready',
  'boot:end',
  'cutover:start',
  'cutover:end',
  'upgrade:end',
  'drain:start',
]

test('an unmodified application hears every step of a swap, in the old peer and in the new one', async t => {
  const recording = recordEvents(t)
  const app = await startApp(t, await pack(t, '1.0.0'), { env: recording.env })
  const old = await servingPid(app)
  await recording.until(old, 'cutover:end')
  assert.deepEqual(recording.names(old), ['peer:ready', 'boot:end', 'cutover:start', 'cutover:end'])

  const archive = await pack(t, '2.0.0')
  const report = await app.upgrade(archive)
  const next = await servingPid(app)
  await untilGone(old)
  assert.deepEqual(recording.names(old).slice(4), OF_A_SWAP)
  await recording.until(next, 'drain:end')
  assert.deepEqual(recording.names(next), [
    ...OF_A_SWAP.slice(OF_A_SWAP.indexOf('peer:ready')),
    'peer:exit',
    'drain:end',
  ])

  const { release, previous, phases, durationMs } = report
  const told = new Map(recording.heard(old).map(({ name, message }) => [name, plain(message)]))
  const swap = { app: 'hears-events', action: 'upgrade', source: archive, previous }
  assert.deepEqual(told.get('upgrade:start'), { ...swap, release: null, generation: null })
  assert.deepEqual(told.get('unpack:start'), { ...swap, release: null, generation: null })
  assert.deepEqual(told.get('unpack:end'), { ...swap, release, generation: null })
  assert.deepEqual(told.get('boot:start'), { ...swap, release, generation: 2 })
  const peer = { app: 'hears-events', release, generation: 2, slot: 0, pid: next }
  assert.deepEqual(told.get('peer:start'), peer)
  assert.deepEqual(told.get('peer:ready'), peer)
  assert.deepEqual(told.get('cutover:end'), { ...swap, release, generation: 2 })
  assert.deepEqual(told.get('upgrade:end'), { ...swap, release, generation: 2, phases })
  const drain = { app: 'hears-events', release: previous, generation: 1, pids: [old] }
  assert.deepEqual(told.get('drain:start'), drain)

  const later = new Map(recording.heard(next).map(({ name, message }) => [name, message]))
  assert.deepEqual(plain(later.get('drain:end')), drain)
  assert.deepEqual(plain(later.get('peer:exit')), {
    app: 'hears-events',
    release: previous,
    generation: 1,
    slot: 0,
    pid: old,
    state: 'draining',
    exitCode: 0,
    signal: null,
  })
  assert.equal(later.get('upgrade:end')?.durationMs, durationMs)
  const sent = recording.heard(old).find(({ name }) => name === 'upgrade:end')?.message
  assert.deepEqual(later.get('upgrade:end'), sent)
  assertAsDocumented(recording.heard())
})

test('a rollback has the same events but those of unpacking; a stop its own', async t => {
  const recording = recordEvents(t)
  const app = await startApp(t, await pack(t, '1.0.0'), { env: recording.env })
  await app.upgrade(await pack(t, '2.0.0'))
  const pid = await servingPid(app)
  await recording.until(pid, 'drain:end')
  const before = recording.names(pid).length
  const { release, previous } = await app.rollback()
  const last = await servingPid(app)
  await recording.until(last, 'drain:end')
  assert.deepEqual(
    recording.names(pid).slice(before),
    OF_A_SWAP.filter(name => !name.startsWith('unpack')),
  )
  const end = recording.heard(last).find(({ name }) => name === 'upgrade:end')?.message
  assert.deepEqual(
    [end?.action, end?.source, end?.release, end?.previous, end?.generation],
    ['rollback', null, release, previous, 3],
  )
  await app.stop()
  const [stop, drain] = recording.heard(last).slice(-2)
  assert.deepEqual([stop?.name, stop?.message.reason, drain?.name], ['stop:start', 'stopped', 'drain:start'])
  assertAsDocumented(recording.heard())
})

test('a swap that fails ends in errors with the code that the command has', async t => {
  const recording = recordEvents(t)
  const app = await startApp(t, await pack(t, '1.0.0'), { env: { ...recording.env, FAIL: '2.0.0' } })
  const pid = await servingPid(app)
  const { code, message } = await failingUpgrade(app, await pack(t, '2.0.0'))
  const heard = (await recording.until(pid, 'upgrade:error')).slice(4)
  assert.deepEqual(
    heard.map(({ name }) => name),
    [...OF_A_SWAP.slice(0, 5), 'peer:exit', 'boot:error', 'upgrade:error'],
  )
  const [exit, boot, upgrade] = heard.slice(-3).map(event => event.message)
  assert.deepEqual([exit?.state, exit?.exitCode, exit?.signal], ['booting', 1, null])
  for (const failed of [boot, upgrade]) {
    assert.equal(failed?.code, code)
    assert.equal(failed?.message, message.split('\n')[0])
    assert.equal(failed?.generation, 2)
  }

  const broken = join(tempDir(t), 'broken.tgz')
  writeFileSync(broken, 'no archive')
  const refused = await failingUpgrade(app, broken)
  const later = (await recording.until(pid, 'upgrade:error', 2)).slice(4 + heard.length)
  assert.deepEqual(
    later.map(({ name, message }) => [name, message.code]),
    [
      ['upgrade:start', undefined],
      ['unpack:start', undefined],
      ['unpack:error', refused.code],
      ['upgrade:error', refused.code],
    ],
  )
  assert.equal(errorOf(await app.command('rollback', '--json')).code, 'no_previous_release')
  const none = (await recording.until(pid, 'upgrade:error', 3)).at(-1)?.message
  assert.deepEqual([none?.action, none?.code, none?.release], ['rollback', 'no_previous_release', null])
  assertAsDocumented(recording.heard())
})

test('of a crash the other peers hear, and of the restart', async t => {
  const recording = recordEvents(t)
  const app = await startApp(t, await pack(t, '1.0.0'), { env: recording.env, args: ['--peers', '2'] })
  const { peers } = await app.status()
  const [victim, witness] = peers.map(({ pid }) => Number(pid))
  assert.ok(victim && witness)
  await recording.until(witness, 'cutover:end')
  const before = recording.heard(witness).length
  process.kill(victim, 'SIGKILL')
  const heard = await until(() => {
    const later = recording.heard(witness).slice(before)
    return later.some(({ name }) => name === 'peer:ready') && later
  })
  assert.deepEqual(
    heard.map(({ name }) => name),
    ['peer:exit', 'peer:restart', 'peer:start', 'peer:ready'],
  )
  const [exit, restart, , ready] = heard.map(({ message }) => message)
  assert.deepEqual(
    [exit?.pid, exit?.state, exit?.signal, exit?.exitCode],
    [victim, 'serving', 'SIGKILL', null],
  )
  assert.deepEqual([restart?.slot, restart?.attempt, restart?.delayMs], [0, 1, 0])
  assert.deepEqual([ready?.slot, ready?.generation], [0, 1])
  assert.notEqual(ready?.pid, victim)
  assertAsDocumented(recording.heard())
})

test('a subscriber that throws ends its own peer as a crash does, and undoes nothing', async t => {
  const recording = recordEvents(t)
  const env = { ...recording.env, THROW: '2.0.0 beam-deploy:upgrade:end' }
  const app = await startApp(t, await pack(t, '1.0.0'), { env })
  await app.upgrade(await pack(t, '2.0.0'))
  const { release, generation } = await until(async () => {
    const status = await app.status()
    return status.history.at(-1)?.action === 'restart' && status
  })
  assert.deepEqual([release?.version, generation], ['2.0.0', 2])
  assert.match(app.output(), /2\.0\.0 does not want to hear of beam-deploy:upgrade:end/)
})

test('of the lives of peers a process is told at once, with the next step at the latest, and in order', async () => {
  const { publish, add, remove } = createEvents('shop')
  const [told, toldLater]: string[][][] = [[], []]
  const note =
    (list: string[][] | undefined): Tell =>
    batch =>
      void list?.push(batch.map(({ name }) => name))
  const peer = { release: { id: 'a', version: '1' }, generation: 1, slot: 0, pid: 1 }
  const late = note(toldLater)
  add(note(told))
  publish('beam-deploy:peer:start', peer)
  publish('beam-deploy:peer:ready', { ...peer, durationMs: 1 })
  assert.deepEqual(told, [])
  add(late)
  publish('beam-deploy:stop:start', { reason: 'stopped' })
  const [start, ready, stop] = ['peer:start', 'peer:ready', 'stop:start'].map(name => `beam-deploy:${name}`)
  assert.deepEqual(told, [[start, ready, stop]])
  assert.deepEqual(toldLater, [[stop]])
  remove(late)
  publish('beam-deploy:peer:start', peer)
  await until(() => told.length === 2)
  assert.deepEqual([told[1], toldLater.length], [[start], 1])
})

async function servingPid(app: Awaited<ReturnType<typeof startApp>>): Promise<number> {
  const { activePeer } = await app.status()
  assert.ok(activePeer)
  return activePeer.pid
}

/** Without what differs from run to run. */
function plain({ at, durationMs, ...message }: Record<string, unknown> = {}): Record<string, unknown> {
  assert.ok(!Number.isNaN(Date.parse(String(at))))
  assert.ok(durationMs === undefined || Number.isInteger(durationMs))
  return message
}
