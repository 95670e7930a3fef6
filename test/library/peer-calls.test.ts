import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from '../../src/peer-handle.ts'
import { expose } from '../../src/peers.ts'
import { failingUpgrade, until } from '../parent/support.ts'
import { packRunner, startRunner } from '../support/run-code.ts'

const EXPOSES = `({ beam, version, kept }) => beam.expose({
  who: () => version + ' ' + process.pid,
  add: (a, b) => a + b,
  echo: async value => value,
  fail: () => { throw Object.assign(new TypeError('no', { cause: 'why' }), { code: 'E_NO' }) },
  failOddly: () => { throw Math.max },
  vanish: () => process.kill(process.pid, 'SIGKILL'),
  handle: () => () => 1,
})`

test('the active peer is called, by itself and in another slot', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0', { boot: EXPOSES }), {
    args: ['--peers', '2'],
  })
  const { activePeer, peers } = await app.status()
  assert.deepEqual(await app.value('return beam.activePeer()'), { ...activePeer, slot: 0 })
  const pids = new Set<unknown>()
  // Connections go to either: from both the same one is called.
  await until(async () => {
    const [who, pid] = (await app.value(
      `return [await (await beam.activePeer()).call('who'), process.pid]`,
    )) as [string, number]
    assert.equal(who, `1.0.0 ${activePeer?.pid}`)
    return pids.add(pid).size === peers.length
  })
  assert.equal(await app.value(`return (await beam.activePeer()).call('add', 1, 2)`), 3)
})

test('a peer that boots knows whom it replaces, and the other who comes', async t => {
  const asks = `async ({ beam, note }) => {
    const outgoing = await beam.outgoingPeer()
    note('outgoing ' + (outgoing && await outgoing.call('echo', new Map([['id', outgoing.id]]))).get('id'))
    note('and it knows ' + await outgoing.call('incoming'))
    note('active ' + (await beam.activePeer()).id + ' incoming ' + await beam.incomingPeer())
  }`
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', {
      boot: `async here => {
        (${EXPOSES})(here)
        here.beam.expose({ incoming: async () => (await here.beam.incomingPeer()).id })
        here.note('alone ' + [await here.beam.outgoingPeer(), await here.beam.incomingPeer(), await here.beam.activePeer()])
      }`,
    }),
    packRunner(t, '2.0.0', { boot: asks }),
  ])
  const app = await startRunner(t, first)
  await app.upgrade(second)
  assert.deepEqual(app.notes(), [
    '1.0.0 alone ,,',
    '2.0.0 outgoing 1.0',
    '2.0.0 and it knows 2.0',
    '2.0.0 active 1.0 incoming null',
  ])
})

test('what the other throws is told with its cause', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0', { boot: EXPOSES }))
  const call = (name: string, ...args: unknown[]) =>
    app.run(
      `return (await beam.activePeer()).call(${[name, ...args].map(arg => JSON.stringify(arg)).join()})`,
    )
  const { error } = await call('fail')
  assert.equal(error?.code, 'call_failed')
  assert.equal(error?.message, 'fail() of peer 1.0 threw: no')
  assert.deepEqual(error?.cause, { name: 'TypeError', message: 'no', code: 'E_NO' })
  assert.match(
    (await call('failOddly')).error?.message ?? '',
    /failOddly\(\) of peer 1\.0 threw: function max\(\)/,
  )
  const unknown = (await call('nothing')).error
  assert.equal(unknown?.code, 'not_exposed')
  assert.match(unknown?.message ?? '', /^peer 1\.0 has no function "nothing" to call: it has who, add,/)
  const result = (await call('handle')).error
  assert.equal(result?.code, 'not_cloneable')
  assert.match(result?.message ?? '', /^what handle\(\) returned: /)
  const args = (await app.run(`return (await beam.activePeer()).call('echo', [() => 1])`)).error
  assert.equal(args?.code, 'not_cloneable')
  assert.match(args?.message ?? '', /^the arguments of echo\(\) of peer 1\.0: .*\(at \[0\]\[0\]\)/)
})

test('a peer that exposes nothing says so, before it could ever have heard of the call', async t => {
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0'),
    packRunner(t, '2.0.0', { boot: `async ({ beam }) => (await beam.outgoingPeer()).call('anything')` }),
  ])
  const app = await startRunner(t, first)
  const { message } = await failingUpgrade(app, second)
  assert.match(message, /peer 1\.0 has no function "anything" to call: it has none/)
})

test('a call rejects with peer_gone when its peer dies under it, and at once when it is gone', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0', { boot: EXPOSES }), {
    args: ['--peers', '2'],
  })
  const from = await app.status()
  const survivor = from.peers[1]?.pid
  const codes = await until(async () => {
    const answer = await app.run(`
      if (process.pid !== ${survivor}) return null
      const peer = await beam.activePeer()
      const codes = []
      for (const name of ['vanish', 'add'])
        await peer.call(name).catch(error => codes.push(error.code + ': ' + error.message))
      return codes`)
    return answer.value as string[] | null
  })
  assert.equal(codes[0], 'peer_gone: peer 1.0 has ended')
  assert.match(codes[1] ?? '', /^peer_gone: peer 1\.0 (\(process \d+\) )?has ended/)
  // The one that takes its place has its name, and is another process: the old handle never reaches it.
  await until(async () => (await app.status()).activePeer?.pid !== from.activePeer?.pid)
  const stale = JSON.stringify({ id: '1.0', pid: from.activePeer?.pid })
  const { error } = await app.run(
    `return globalThis[Symbol.for('beam-deploy.peer')].exchange().callPeer(${stale}, 'add', [])`,
  )
  assert.equal(error?.code, 'peer_gone')
})

test('outside of BeamDeploy there are no peers, and nothing fails for it', async () => {
  const { activePeer, incomingPeer, outgoingPeer } = await import('../../src/peers.ts')
  const { isUpgrading } = await import('../../src/operations.ts')
  assert.deepEqual(await Promise.all([activePeer(), incomingPeer(), outgoingPeer(), isUpgrading()]), [
    null,
    null,
    null,
    false,
  ])
})

test('calls are typed by what was exposed', () => {
  const api = expose({ add: (a: number, b: number) => a + b, later: async (at: Date) => at.getTime() })
  assert.equal(api.add(1, 2), 3)
  // Checked by the compiler alone.
  const typed = async (peer: Peer<typeof api>, any: Peer) => {
    const sum: number = await peer.call('add', 1, 2)
    const time: number = await peer.call('later', new Date(sum))
    // @ts-expect-error: not a number
    await peer.call('add', '1', 2)
    // @ts-expect-error: not exposed
    await peer.call('subtract', 1, 2)
    const unknown: unknown = await any.call('whatever', 1, 'two')
    return [time, unknown]
  }
  assert.equal(typeof typed, 'function')
})
