import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startApp } from '../support/beam.ts'
import { selfSignedCertificate } from '../support/certificate.ts'
import { http2Client } from '../support/http2-client.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

const SWAPS = 20
const CLIENTS = 4
/** Of one session, each with its own rhythm, so that new streams meet the end of a session at every moment of it. */
const STREAMS = 6

const { key, cert } = selfSignedCertificate()

for (const [kind, fixture, peers] of [
  ['cleartext', 'http2-app', 1],
  ['cleartext', 'http2-app', 2],
  ['TLS', 'http2-secure-app', 1],
] as const) {
  test(`${SWAPS} upgrades under streams of node:http2, ${kind}, ${peers} peer(s): each is answered once and served once`, async t => {
    const files = { 'key.pem': key, 'cert.pem': cert }
    const notes = join(tempDir(t), 'notes')
    const archives = [
      await packApp(t, fixture, { version: '1.0.0', files }),
      await packApp(t, fixture, { version: '2.0.0', files }),
    ]
    const app = await startApp(t, archives[0] ?? '', {
      args: ['--peers', String(peers)],
      env: { NOTES: notes },
    })
    const url = kind === 'TLS' ? `https://localhost:${app.port}` : app.url
    const clients = Array.from({ length: CLIENTS }, () => http2Client(url, { ca: cert }))
    const asked: string[] = []
    const answers = new Map<string, number>()
    let running = true
    const ask = async (client: (typeof clients)[number], slot: number) => {
      for (let count = 1; running; count += 1) {
        const path = `/${clients.indexOf(client)}-${slot}-${count}?ms=${count % 4}`
        asked.push(path)
        const version = await client.get(path)
        answers.set(version, (answers.get(version) ?? 0) + 1)
        await delay((count * (slot + 3)) % 10)
      }
    }
    const streams = Promise.all(
      clients.flatMap(client => Array.from({ length: STREAMS }, (_, slot) => ask(client, slot))),
    )
    try {
      for (let swap = 1; swap <= SWAPS; swap += 1)
        await Promise.race([app.upgrade(archives[swap % 2] ?? ''), streams])
    } finally {
      running = false
    }
    await streams
    for (const client of clients) client.close()

    const served = readFileSync(notes, 'utf8').split('\n').filter(Boolean)
    assert.deepEqual(served.toSorted(), asked.map(path => path.replace(/\?.*/, '')).toSorted())
    assert.deepEqual([...answers.keys()].toSorted(), ['1.0.0', '2.0.0'])
    assert.equal(
      [...answers.values()].reduce((sum, count) => sum + count, 0),
      asked.length,
    )
    // A swap that comes at once after the last may find the session that this has not ended yet.
    for (const client of clients) assert.ok(client.sessions() > SWAPS / 2)
    const again = clients.map(client => client.sentAgain())
    const sum = (of: (counts: (typeof again)[number]) => number) =>
      again.reduce((total, one) => total + of(one), 0)
    t.diagnostic(
      `${asked.length} streams; sent again since they had not left this process: ${sum(({ unsent }) => unsent)}, ` +
        `since they had crossed with GOAWAY: ${sum(({ refused }) => refused)}`,
    )
  })
}
