import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startApp } from '../support/beam.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { type H2loadCounts, h2load, h2loadMissing } from '../support/h2load.ts'
import { packApp } from '../support/pack-app.ts'

/**
 * h2load opens no session in the place of one that the server has ended, and calls failed what it had meant to send on that. So there are
 * two ways to use it: sessions that begin all the time and have sent all they will when they begin, of which everything must succeed;
 * and sessions that would go on for ever, of which everything that was sent must.
 */
const SHORT = ['-c', '60', '-n', '600', '-m', '10', '-r', '6', '--rate-period', '50ms']
const ENDLESS = ['-c', '8', '-n', '1000000', '-m', '16']
const SWAPS = 20

const { key, cert } = selfSignedCertificate()

for (const [kind, fixture, peers] of [
  ['cleartext', 'http2-app', 1],
  ['cleartext', 'http2-app', 2],
  ['TLS', 'http2-secure-app', 1],
] as const) {
  const options = { skip: h2loadMissing }

  test(
    `${SWAPS} upgrades under h2load, ${kind}, ${peers} peer(s): no stream of any session fails`,
    options,
    async t => {
      const runs = await upgradeUnder(t, { fixture, peers, args: SHORT, path: '/?ms=20' })
      for (const counts of runs) assert.deepEqual(counts, allWell(600))
    },
  )

  test(
    `${SWAPS} upgrades under h2load, ${kind}, ${peers} peer(s): what was sent on a session is answered, however it ends`,
    options,
    async t => {
      const runs = await upgradeUnder(t, { fixture, peers, args: ENDLESS, path: '/?ms=3' })
      for (const { total, started, failed, ...counts } of runs) {
        assert.deepEqual(counts, { done: started, succeeded: started, ok: started })
        assert.equal(failed, total - started)
      }
      // Each session was ended by a swap.
      assert.ok(runs.every(({ failed }) => failed > 0))
    },
  )
}

const allWell = (total: number): H2loadCounts => ({
  total,
  started: total,
  done: total,
  succeeded: total,
  failed: 0,
  ok: total,
})

/** Runs it again and again while the application is upgraded; resolves to the counts of all runs. */
async function upgradeUnder(
  t: TestContext,
  { fixture, peers, args, path }: { fixture: string; peers: number; args: readonly string[]; path: string },
): Promise<H2loadCounts[]> {
  const files = { 'key.pem': key, 'cert.pem': cert }
  const archives = await Promise.all(
    ['1.0.0', '2.0.0'].map(version => packApp(t, fixture, { version, files })),
  )
  const app = await startApp(t, archives[0] ?? '', { args: ['--peers', String(peers)] })
  const url = `${fixture === 'http2-app' ? 'http' : 'https'}://127.0.0.1:${app.port}${path}`
  const runs: H2loadCounts[] = []
  let swaps = 0
  const load = async () => {
    while (swaps < SWAPS) runs.push(await h2load(t, [...args, url]))
  }
  let loading = true
  const loaded = load().finally(() => {
    loading = false
  })
  // On until no load is left, since each run of the endless one waits for a swap to end it.
  while (loading) {
    const { release } = await app.upgrade(archives[(swaps + 1) % 2] ?? '')
    swaps += 1
    assert.equal(release.version, swaps % 2 ? '2.0.0' : '1.0.0')
  }
  await loaded
  return runs
}
