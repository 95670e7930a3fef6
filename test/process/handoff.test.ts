import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { assertNoLoss, failingUpgrade, until } from '../parent/support.ts'
import { applyLoad, keepAlive, newConnections, type Tally } from '../support/load.ts'
import { tempDir } from '../support/pack-app.ts'
import {
  laterProcesses,
  packStateful,
  REMEMBERS,
  type StatefulApp,
  startStateful,
} from './handoff-support.ts'

const answered = (tallies: Tally[]) => tallies.reduce((sum, { requests }) => sum + requests, 0)

/** A file that code in the application waits for, with `await untilThere(<path>)`. */
function signal(t: TestContext) {
  const file = join(tempDir(t), 'signal')
  return { path: JSON.stringify(file), send: () => writeFileSync(file, '') }
}

/** Processes whose calls can be held up: by `wait`, which waits for a file. */
const waiting = (version: string, more = '') =>
  laterProcesses(
    version,
    `calls: {
      increment: state => { state.count += 1; return state.count },
      get: state => state,
      wait: async (state, file) => {
        const { existsSync } = await import('node:fs')
        while (!existsSync(file)) await new Promise(resolve => setTimeout(resolve, 5))
        return 'waited in ${version}'
      },
      order: (state, name) => { state.order = [...(state.order ?? []), name]; return '${version} ' + name },
      fail: () => { throw Object.assign(new TypeError('no'), { code: 'E_NO' }) },
    },
    casts: { note: (state, name) => { state.order = [...(state.order ?? []), name] } },
    callTimeout: 60_000,`,
    more,
  )

/** Resolves when the outgoing peer has stopped accepting and its process waits for what it does. */
const untilDraining = (app: StatefulApp) =>
  until(async () => (await app.status()).peers.some(({ state }) => state === 'draining'))

test('a counter goes on through upgrades and a rollback under load: every answered request is counted, once', async t => {
  const [first, ...next] = await Promise.all([
    packStateful(t, '1.0.0'),
    packStateful(t, '2.0.0', laterProcesses('2', REMEMBERS)),
    packStateful(t, '3.0.0', laterProcesses('3', REMEMBERS)),
  ])
  const app = await startStateful(t, first ?? '')
  const loads = [applyLoad(app.port, newConnections, 6), applyLoad(app.port, keepAlive(1), 6)]
  t.after(() => Promise.all(loads.map(load => load.stop())))
  const swap = async (upgrade: () => Promise<{ release: { version: string } }>) => {
    const { release } = await upgrade()
    await Promise.all(loads.map(load => load.answeredBy(release.version)))
  }
  for (const archive of next) await swap(() => app.upgrade(archive))
  await swap(() => app.rollback())
  const tallies = await Promise.all(loads.map(load => load.stop()))
  for (const tally of tallies) assertNoLoss(tally)
  assert.deepEqual(await app.value('return counter.getState()'), {
    count: answered(tallies),
    from: ['1', '2', '3'],
  })
  // It began once, in the first version.
  assert.deepEqual(app.notes(), ['init 1'])
  assert.doesNotMatch(app.output(), /BeamDeployWarning/)
})

test('with two peers each hands over to the one of its slot', async t => {
  const [first, second] = await Promise.all([
    packStateful(t, '1.0.0'),
    packStateful(t, '2.0.0', laterProcesses('2', REMEMBERS)),
  ])
  const app = await startStateful(t, first, { args: ['--peers', '2'] })
  const load = applyLoad(app.port, newConnections, 8)
  t.after(() => load.stop())
  await load.answeredBy('1.0.0')
  await app.upgrade(second)
  await load.answeredBy('2.0.0')
  const tally = await load.stop()
  assertNoLoss(tally)
  const counts = new Map<unknown, number>()
  await until(async () => {
    const [pid, count] = (await app.value('return [pid, (await counter.getState()).count]')) as [
      number,
      number,
    ]
    return counts.set(pid, count).size === 2
  })
  assert.equal(
    [...counts.values()].reduce((sum, count) => sum + count),
    tally.requests,
  )
  assert.deepEqual(app.notes(), ['init 1', 'init 1'])
})

test('messages that wait go first in the new peer, in order; calls that come later from the old one are answered there', async t => {
  const [first, second] = await Promise.all([
    packStateful(t, '1.0.0', waiting('1')),
    packStateful(t, '2.0.0', waiting('2')),
  ])
  const app = await startStateful(t, first)
  const [release, later] = [signal(t), signal(t)]
  const wait = app.value(`return counter.call('wait', ${release.path})`)
  await until(() => app.value(`return processes()[0].handling === 'wait'`))
  const a = app.value(`return counter.call('order', 'a')`)
  await until(() => app.value(`return processes()[0].mailbox === 1`))
  await app.value(`await counter.cast('note', 'b')`)
  const c = app.value(`return counter.call('order', 'c')`)
  await until(() => app.value(`return processes()[0].mailbox === 3`))
  // Still in the old peer when all has moved.
  const draining = app.value(`
    await untilThere(${later.path})
    const caught = []
    for (const attempt of [
      () => counter.call('fail'),
      () => counter.call('nothing'),
      () => counter.call('order', () => 1),
      () => counter.start(),
    ]) await attempt().catch(({ name, code, message }) => caught.push([name, code, message]))
    return [version, processes().length, await counter.call('order', 'late'), await counter.getState(), caught]`)
  await app.upgrade(second)
  const early = app.value(`return counter.call('order', 'early')`)
  await until(() => app.value(`return processes()[0].state === 'arriving' && processes()[0].mailbox === 1`))
  release.send()
  assert.deepEqual(await Promise.all([wait, a, c, early]), ['waited in 1', '2 a', '2 c', '2 early'])
  later.send()
  const [version, here, answer, state, caught] = (await draining) as [
    string,
    number,
    string,
    object,
    string[][],
  ]
  assert.deepEqual([version, here, answer], ['1.0.0', 0, '2 late'])
  assert.deepEqual(state, { count: 0, order: ['a', 'b', 'c', 'early', 'late'] })
  assert.deepEqual(caught[0], ['TypeError', 'E_NO', 'no'])
  assert.deepEqual(
    caught.slice(1).map(([, code]) => code),
    ['unknown_message', 'not_cloneable', 'process_already_started'],
  )
  assert.match(caught[2]?.[2] ?? '', /call\(\) of process counter: the process has moved to peer 2\.0/)
  assert.deepEqual(app.notes(), ['init 1'])
})

test('upgrades in a row: a process that is still busy in the first peer goes to the one that serves by then', async t => {
  const archives = await Promise.all(
    ['1', '2', '3'].map(version => packStateful(t, `${version}.0.0`, waiting(version))),
  )
  const app = await startStateful(t, archives[0] ?? '')
  await app.value(`await counter.cast('note', 'first')`)
  const release = signal(t)
  const wait = app.value(`return counter.call('wait', ${release.path})`)
  await until(() => app.value(`return processes()[0].handling === 'wait'`))
  await app.upgrade(archives[1] ?? '')
  const second = app.value(`return counter.call('order', 'second')`)
  await until(() => app.value(`return processes()[0].mailbox === 1`))
  await app.upgrade(archives[2] ?? '')
  const third = app.value(`return counter.call('order', 'third')`)
  await until(() => app.value(`return processes()[0].mailbox === 1`))
  release.send()
  assert.equal(await wait, 'waited in 1')
  assert.deepEqual(await Promise.all([second, third]), ['3 second', '3 third'])
  const { order } = (await app.value('return counter.getState()')) as { order: string[] }
  assert.equal(order[0], 'first')
  assert.deepEqual(order.toSorted(), ['first', 'second', 'third'])
  assert.deepEqual(app.notes(), ['init 1'])
})

test('a process of any id comes along, with nobody starting it; a start takes it as it is, once', async t => {
  const ROOMS = (version: string) => `
    export const room = defineProcess({
      name: 'room', version: '${version}', handoff: true,
      init: title => ({ title, members: new Map() }),
      calls: {
        join: (state, who) => { state.members.set(who, new Date(0)); return state.members.size },
        look: state => state,
      },
    })`
  const [first, second] = await Promise.all(
    ['1', '2'].map(version => packStateful(t, `${version}.0.0`, laterProcesses(version, '', ROOMS(version)))),
  )
  const app = await startStateful(t, first ?? '')
  await app.value(`
    await Promise.all(Array.from({ length: 1200 }, (_, n) => room.instance('r' + n).start('Room ' + n)))
    await room.instance('r7').call('join', 'ada')
    await room.instance('r8').suspend()`)
  await app.upgrade(second ?? '')
  assert.equal(await app.value(`return room.instance('r7').call('join', 'bob')`), 2)
  assert.deepEqual(
    await app.value(`
      const states = await Promise.all(Array.from({ length: 1200 }, (_, n) => room.instance('r' + n).getState()))
      const [one] = [await room.instance('r9').start('Other')]
      return [
        states.every(({ title }, n) => title === 'Room ' + n),
        (await one.getState()).title,
        await one.start('Again').catch(({ code }) => code),
        processes().find(({ id }) => id === 'r8').state,
        await room.instance('nobody').call('look').catch(({ code }) => code),
      ]`),
    [true, 'Room 9', 'process_already_started', 'suspended', 'process_not_running'],
  )
})

test('an old peer that dies before it hands over: the new one begins anew, says so, and answers who waited', async t => {
  const [first, second] = await Promise.all([
    packStateful(t, '1.0.0', waiting('1')),
    packStateful(t, '2.0.0', waiting('2')),
  ])
  const app = await startStateful(t, first)
  const lost = app.run(`return counter.call('wait', ${signal(t).path})`).catch(() => 'reset')
  const pid = (await until(() => app.value(`return processes()[0].handling === 'wait' && pid`))) as number
  await app.upgrade(second)
  const waited = app.value(`return counter.call('increment')`)
  await until(() => app.value(`return processes()[0].state === 'arriving' && processes()[0].mailbox === 1`))
  process.kill(pid, 'SIGKILL')
  assert.equal(await waited, 1)
  assert.equal(await lost, 'reset')
  assert.deepEqual(app.notes(), ['init 1', 'init 2'])
  await until(() =>
    /1 processes begin anew, such as process counter, since their state did not come/.test(app.output()),
  )
})

test('a new peer that dies when it has taken over is replaced by one that begins anew', async t => {
  const [first, second] = await Promise.all([
    packStateful(t, '1.0.0'),
    packStateful(t, '2.0.0', laterProcesses('2')),
  ])
  const app = await startStateful(t, first)
  await app.value(`return counter.call('increment')`)
  await app.upgrade(second)
  assert.equal(await app.value(`return counter.call('increment')`), 2)
  await app.untilDrained()
  await app.run(`process.kill(process.pid, 'SIGKILL')`).catch(() => undefined)
  assert.equal(await app.value(`return counter.call('increment')`), 1)
})

test('a release that does not start leaves the process as it was, and serving', async t => {
  const [first, second, third] = await Promise.all([
    packStateful(t, '1.0.0'),
    packStateful(
      t,
      '2.0.0',
      laterProcesses('2', '', `export const boot = () => { throw new Error('not today') }`),
    ),
    // What waits for the process before it listens would wait for itself.
    packStateful(
      t,
      '3.0.0',
      laterProcesses('3', 'callTimeout: 100,', `export const boot = () => counter.call('get')`),
    ),
  ])
  const app = await startStateful(t, first)
  const load = applyLoad(app.port, newConnections, 4)
  t.after(() => load.stop())
  await load.answeredBy('1.0.0')
  assert.match((await failingUpgrade(app, second)).message, /not today/)
  assert.match(
    (await failingUpgrade(app, third)).message,
    /call\("get"\) of process counter was not answered within 100 ms: its state is still in the peer that this one replaces/,
  )
  await load.answeredBy('1.0.0')
  const tally = await load.stop()
  assertNoLoss(tally)
  assert.deepEqual(await app.value('return counter.getState()'), { count: tally.requests })
  assert.deepEqual(app.notes(), ['init 1'])
})

test('a release without the process: it lives on in the old peer for as long as that drains', async t => {
  const [first, second] = await Promise.all([
    packStateful(t, '1.0.0', waiting('1')),
    packStateful(t, '2.0.0', waiting('2').replace('handoff: true,', '')),
  ])
  const app = await startStateful(t, first)
  const later = signal(t)
  const draining = app.value(`await untilThere(${later.path}); return counter.call('order', 'late')`)
  await until(async () => (await app.status()).peers[0]?.state === 'serving')
  await app.value(`return counter.call('increment')`)
  await app.upgrade(second)
  await untilDraining(app)
  assert.deepEqual(await app.value(`return counter.getState()`), { count: 0 })
  later.send()
  assert.equal(await draining, '1 late')
})

test('a state that cannot be cloned, or a codeChange that throws: the process begins anew, and says why', async t => {
  const [first, second, third] = await Promise.all([
    packStateful(t, '1.0.0', laterProcesses('1', `init: () => ({ count: 5, act: () => 1 }),`)),
    packStateful(t, '2.0.0', laterProcesses('2')),
    packStateful(t, '3.0.0', laterProcesses('3', `codeChange: () => { throw new Error('too old') },`)),
  ])
  const app = await startStateful(t, first)
  await app.upgrade(second)
  assert.deepEqual(await app.value(`return counter.getState()`), { count: 0 })
  await until(() =>
    /the state of process counter, which begins anew by init: the value cannot be cloned/.test(app.output()),
  )
  await app.untilDrained()
  await app.value(`return counter.call('increment')`)
  await app.upgrade(third)
  assert.deepEqual(await app.value(`return counter.getState()`), { count: 0 })
  await until(() =>
    /codeChange of process counter failed at a handoff from version 2; it begins anew:\s+Error: too old/.test(
      app.output(),
    ),
  )
})

test('outside of a peer, handoff changes nothing', async () => {
  const { defineCounter } = await import('./support.ts')
  const { defineProcess } = await import('../../src/process.ts')
  const { name } = defineCounter()
  const here = defineProcess({
    name: `${name}-here`,
    version: '1',
    handoff: true,
    init: () => 1,
    calls: { get: state => state },
  })
  await here.start()
  assert.equal(await here.call('get'), 1)
})
