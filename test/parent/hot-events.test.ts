import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAsDocumented, recordEvents } from '../support/events.ts'
import { packStandIn, startStandIn } from '../support/hot-stand-in.ts'
import { pidsOf, untilServing } from './hot-support.ts'
import { errorOf } from './support.ts'

const HOT = [
  'upgrade:start',
  'unpack:start',
  'unpack:end',
  'plan:start',
  'plan:end',
  'commit:start',
  'commit:end',
  'upgrade:end',
]

test('peers hear of each step of a hot upgrade, and of its failure; of a plan they hear nothing', async t => {
  const recording = recordEvents(t)
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'), { env: recording.env })
  const { release: previous, ...before } = await app.status()
  const [pid = 0] = pidsOf({ release: previous, ...before })
  await recording.until(pid, 'cutover:end')
  const early = recording.names(pid).length
  const names = () => recording.names(pid).slice(early)
  const archive = await packStandIn(t, '2.0.0')

  await app.command('plan', archive)
  assert.equal((await app.command('hot-upgrade', archive)).code, 0)
  const end = (await recording.until(pid, 'upgrade:end')).at(-1)?.message
  assert.deepEqual(names(), HOT)
  const { release } = await app.status()
  assert.deepEqual(
    [end?.action, end?.source, end?.release, end?.previous, end?.generation, Object.keys(end?.phases ?? {})],
    ['hot-upgrade', archive, release, previous, 1, ['unpack', 'plan', 'commit']],
  )

  app.order({ 1: { prepare: 'refuse' } })
  const { code } = errorOf(await app.command('hot-upgrade', await packStandIn(t, '3.0.0'), '--json'))
  const refused = (await recording.until(pid, 'upgrade:error')).slice(early + HOT.length)
  assert.deepEqual(
    refused.map(({ name, message }) => [name, message.code]),
    [
      ...['upgrade:start', 'unpack:start', 'unpack:end', 'plan:start'].map(name => [name, undefined]),
      ...['plan:error', 'upgrade:error'].map(name => [name, code]),
    ],
  )
  assertAsDocumented(recording.heard())
})

test('of the end of a peer after it others hear with the release that ran in it by then', async t => {
  const recording = recordEvents(t)
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'), { env: recording.env })
  assert.equal((await app.command('hot-upgrade', await packStandIn(t, '2.0.0'))).code, 0)
  const [victim = 0, witness = 0] = pidsOf(await app.status())
  process.kill(victim, 'SIGKILL')
  const { release } = await untilServing(app, 2, ({ pid }) => pid !== victim)
  const heard = await recording.until(witness, 'peer:restart')
  for (const name of ['peer:exit', 'peer:restart'])
    assert.deepEqual(heard.find(event => event.name === name)?.message.release, release, name)
})
