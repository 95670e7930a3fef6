import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { keepAlive, newConnections } from '../support/load.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

test('node:cluster inside a peer: no request fails, and no worker outlives its peer', async t => {
  const workers = new Map<string, Set<number>>()
  const app = await swapUnderLoad(t, 'cluster-app', {
    kinds: [newConnections, keepAlive(5)],
    swaps: 4,
    afterSwap: async ({ url }, version) => {
      const pids = new Set<number>()
      while (pids.size < 2) pids.add(await answeringProcess(url))
      workers.set(version, pids)
    },
  })
  await app.stop()
  for (const pids of workers.values()) for (const pid of pids) await untilGone(pid)
})

test('a worker that crashes is replaced by the application, not by the parent', async t => {
  const app = await swapUnderLoad(t, 'cluster-app', { kinds: [newConnections] })
  const [peer] = (await app.status()).peers.filter(({ state }) => state === 'serving')
  const victim = await answeringProcess(app.url)
  process.kill(victim, 'SIGKILL')
  await untilGone(victim)
  assert.notEqual(await answeringProcess(app.url), victim)
  const [after] = (await app.status()).peers.filter(({ state }) => state === 'serving')
  assert.equal(after?.pid, peer?.pid)
})

async function answeringProcess(url: string): Promise<number> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  await response.text()
  return Number(response.headers.get('x-pid'))
}

async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH')
      return
    }
    await delay(20)
  }
}
