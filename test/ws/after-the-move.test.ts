import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Status } from '../../src/rpc/contracts.ts'
import { get, until } from '../parent/support.ts'
import { tempDir } from '../support/pack-app.ts'
import { begin } from './support.ts'

const hold = (file: string) => `/until?exists=${encodeURIComponent(file)}`

test('what the old release still sends to WebSockets that have moved arrives, in order', async t => {
  const file = join(tempDir(t), 'end')
  const { app, archives, players, notes } = await begin(t, 10, {
    isSilent: true,
    first: {
      handoffOptions: `options => ({ ...options, moved: ws => {
        options.moved(ws)
        let count = 0
        const timer = setInterval(() => {
          count += 1
          ws.send('late ' + count)
          if (count === 1) ws.send(Buffer.from('late in bytes'), { binary: true })
          if (count === 5) {
            clearInterval(timer)
            ws.send('late and last', error => console.log('sent ' + (error ?? 'well')))
          }
        }, 20)
      } })`,
    },
  })
  const held = get(app.port, hold(file))
  await until(async () =>
    (await app.status()).peers.some(peer => peer.state === 'serving' && peer.load?.inFlight === 1),
  )
  await app.upgrade(archives[1])
  await Promise.all(players.map(player => player.until(() => player.others.includes('late and last'))))
  for (const { others, failures } of players) {
    assert.deepEqual(failures, [])
    const [welcome, ...late] = others
    assert.equal(welcome, 'welcome 1.0.0 /')
    assert.deepEqual(late, [
      'late 1',
      'late in bytes',
      'late 2',
      'late 3',
      'late 4',
      'late 5',
      'late and last',
    ])
  }
  await until(() => app.output().match(/sent well/g)?.length === players.length)
  writeFileSync(file, '')
  assert.equal(await held, '1.0.0')
  await until(() => notes().includes('1.0.0 stopped'))
})

test('a broadcast of a release that still drains reaches those that have moved, and moved on', async t => {
  const file = join(tempDir(t), 'end')
  const { app, archives, players, notes } = await begin(t, 6, { isSilent: true })
  const held = get(app.port, hold(file))
  await until(async () =>
    (await app.status()).peers.some(peer => peer.state === 'serving' && peer.load?.inFlight === 1),
  )
  await app.upgrade(archives[1])
  await until(async () => servedBy(await app.status(), 2) === players.length)
  await app.upgrade(archives[0])
  await until(() => notes().includes('2.0.0 stopped'))
  assert.equal(servedBy(await app.status(), 3), players.length)
  writeFileSync(file, '')
  assert.equal(await held, '1.0.0')
  await Promise.all(players.map(player => player.until(() => player.others.includes('broadcast 1.0.0'))))
  await until(() => notes().includes('1.0.0 stopped'))
  for (const { failures, others } of players) {
    assert.deepEqual(failures, [])
    assert.deepEqual(others, ['welcome 1.0.0 /', 'broadcast 1.0.0'])
  }
})

const servedBy = ({ peers }: Status, generation: number) =>
  peers.filter(peer => peer.state === 'serving').find(peer => peer.generation === generation)?.load
    ?.connections
