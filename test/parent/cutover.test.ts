import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApp } from '../support/beam.ts'
import { about, assertNoLoss, failingUpgrade, lightLoad, pack, snapshot } from './support.ts'

/** Listens, and does `what` at the moment at which its release becomes the current one: before it is given connections. */
const failsAtCutover = (what: string) => ({
  files: {
    'server.js': `
import { readlinkSync } from 'node:fs'
import http from 'node:http'
import { basename } from 'node:path'
const own = basename(process.cwd())
// The link is changed first, then the peer is told to accept: which it cannot hear while this waits.
const fail = () => {
  while (basename(readlinkSync('../../current')) !== own);
  ${what}
}
// The parent is told that this is ready in the first of these turns.
http.createServer().listen(process.env.PORT, () => setImmediate(setImmediate, fail))
`,
  },
})

for (const [name, what, says] of [
  ['ends', "console.log('I go'); process.exit(3)", /ended with exit code 3 at the cutover/],
  ['blocks', "console.log('I go'); for (;;);", /ended with signal SIGKILL at the cutover/],
] as const) {
  test(`a new release that ${name} at the cutover: the old one serves, and is the current one`, async t => {
    const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--ready-timeout', '3s'] })
    await app.upgrade(await pack(t, '2.0.0'))
    const load = lightLoad(t, app.port)
    await load.answeredBy('2.0.0')
    const { pid } = await about(app.port)
    const before = snapshot(app.stateDir)

    const error = await failingUpgrade(app, await pack(t, '3.0.0', failsAtCutover(what)))

    assert.equal(error.code, 'peer_start_failed')
    assert.match(error.message, says)
    assert.match(error.message, /I go/)
    assert.equal((await about(app.port)).pid, pid)
    assert.deepEqual(snapshot(app.stateDir), before)
    await app.upgrade(await pack(t, '4.0.0'))
    await load.answeredBy('4.0.0')
    assertNoLoss(await load.stop())
    assert.equal((await app.rollback()).release.version, '2.0.0')
    assert.equal((await app.rollback()).release.version, '1.0.0')
  })
}
