import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { BeamDeployErrorCode } from '../../src/errors.ts'
import type { Manifest } from '../../src/release/manifest.ts'
import { currentRuntime } from '../../src/release/runtime.ts'
import { freePort, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { application, entry, tar } from '../support/tar-bytes.ts'
import { about, assertNoLoss, boots, failingUpgrade, lightLoad, pack, snapshot } from './support.ts'

interface Failing {
  name: string
  archive(t: TestContext): string | Promise<string>
  code: BeamDeployErrorCode
  /** What the message must say: the input, what was found, the remedy. */
  says: RegExp[]
  /** What the new peer printed, which the error must show. */
  shows?: RegExp
}

const file = (t: TestContext, name: string, content: string | Buffer) => {
  const path = join(tempDir(t), name)
  writeFileSync(path, content)
  return path
}

const CASES: Failing[] = [
  {
    name: 'a file that is not there',
    archive: t => join(tempDir(t), 'absent.tgz'),
    code: 'release_not_found',
    says: [/absent\.tgz/, /no such file/, /Check the path/],
  },
  {
    name: 'a text file',
    archive: t => file(t, 'notes.tgz', 'These are my notes.\n'.repeat(100)),
    code: 'invalid_release',
    says: [/notes\.tgz/, /not an archive/, /Build one with `beam-deploy release`/],
  },
  {
    name: 'an archive that writes outside of its folder',
    archive: t =>
      file(
        t,
        'hostile.tgz',
        gzipSync(tar(...application(), entry({ path: 'package/../../../escaped.js', content: 'x' }))),
      ),
    code: 'invalid_release',
    says: [/hostile\.tgz/, /\.\.\/escaped\.js/, /Build it again/],
  },
  {
    name: 'an archive of another application',
    archive: t => pack(t, '2.0.0', { manifest: { name: 'another-app' } }),
    code: 'invalid_release',
    says: [/another-app-2\.0\.0\.tgz/, /tells-about-itself/, /--app/],
  },
  {
    name: 'a syntax error',
    archive: t => pack(t, '2.0.0', { files: { 'server.js': 'const = 1\n' } }),
    code: 'peer_start_failed',
    says: [/tells-about-itself 2\.0\.0/, /exit code 1/],
    shows: /server\.js:1[\s\S]*SyntaxError/,
  },
  {
    name: 'an error thrown at boot',
    archive: t => pack(t, '2.0.0', boots("throw new Error('no database here')")),
    code: 'peer_start_failed',
    says: [/tells-about-itself 2\.0\.0/, /exit code 1/],
    shows: /no database here/,
  },
  {
    name: 'an application that ends at once without an error',
    archive: t => pack(t, '2.0.0', boots("console.log('nothing to do'); process.exit(0)")),
    code: 'peer_start_failed',
    says: [/tells-about-itself 2\.0\.0/, /exit code 0/],
    shows: /nothing to do/,
  },
  {
    name: 'an application that is through with its work and never listened',
    archive: t => pack(t, '2.0.0', { files: { 'server.js': "console.log('done')\n" } }),
    code: 'peer_start_failed',
    says: [/tells-about-itself 2\.0\.0/, /exit code 0/],
    shows: /done/,
  },
  {
    name: 'an application that never listens',
    archive: t =>
      pack(
        t,
        '2.0.0',
        boots("console.error('waiting'); setInterval(() => {}, 1000); await new Promise(() => {})"),
      ),
    code: 'peer_start_failed',
    says: [/tells-about-itself 2\.0\.0/, /did not listen on \d+ within 2000 ms/, /--ready-timeout/],
    shows: /waiting/,
  },
  {
    name: 'an application that blocks its process at boot',
    archive: t => pack(t, '2.0.0', boots("console.error('thinking'); for (;;);")),
    code: 'peer_start_failed',
    says: [/did not listen on \d+ within 2000 ms/],
    shows: /thinking/,
  },
  {
    name: 'an application that listens on another port',
    archive: async t => pack(t, '2.0.0', boots(`process.env.PORT = '${await freePort()}'`)),
    code: 'peer_start_failed',
    says: [/did not listen on \d+ .*it listens on \d+/, /process\.env\.PORT/, /--port/],
  },
  {
    name: 'native addons that were built for another platform',
    archive: t => file(t, 'built-elsewhere.tgz', builtElsewhere()),
    code: 'incompatible_runtime',
    says: [/tells-about-itself 2\.0\.0/, /addon\.node/, /sunos/, /Build the release on a host like this one/],
  },
]

for (const { name, archive, code, says, shows } of CASES) {
  test(`upgrade to ${name}: ${code}, and the old release serves as before`, async t => {
    const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--ready-timeout', '2s'] })
    const input = await archive(t)
    const load = lightLoad(t, app.port)
    await load.answeredBy('1.0.0')
    const [{ pid }, before, { release }] = [
      await about(app.port),
      snapshot(app.stateRoot),
      await app.status(),
    ]

    const error = await failingUpgrade(app, input)

    assert.equal(error.code, code, error.message)
    for (const part of says) assert.match(error.message, part)
    if (shows) {
      assert.match(error.message, shows)
      assert.match(error.output ?? '', shows)
    }
    assert.deepEqual(snapshot(app.stateRoot), before)
    assert.equal((await about(app.port)).pid, pid)
    const status = await app.status()
    assert.equal(status.state, 'serving')
    assert.deepEqual(status.release, release)
    assert.deepEqual(
      status.peers.map(peer => peer.pid),
      [pid],
    )
    assert.equal(status.lastUpgrade?.outcome, 'failed')
    assert.equal(status.lastUpgrade?.code, code)
    await load.answeredBy('1.0.0')

    const { release: next } = await app.upgrade(await pack(t, '3.0.0'))
    assert.equal(next.version, '3.0.0')
    await load.answeredBy('3.0.0')
    assertNoLoss(await load.stop())
    assert.doesNotMatch(app.output(), /was started/)
  })
}

/** An archive as `beam-deploy release` makes it, with an addon, on a platform that no test runs on. */
function builtElsewhere(): Buffer {
  const files = {
    'package.json': JSON.stringify({ name: 'tells-about-itself', version: '2.0.0' }),
    'index.js': "console.log('was started')",
    'addon.node': 'for another platform',
  }
  const hashes = Object.entries(files).map(([path, content]) => [
    path,
    createHash('sha256').update(content).digest('hex'),
  ])
  const manifest: Manifest = {
    manifestVersion: 1,
    name: 'tells-about-itself',
    version: '2.0.0',
    entry: 'index.js',
    runtime: { ...currentRuntime(), platform: 'sunos' },
    nativeAddons: ['addon.node'],
    files: Object.fromEntries(hashes),
  }
  const content = { ...files, '.beam-deploy/manifest.json': JSON.stringify(manifest) }
  return gzipSync(
    tar(...Object.entries(content).map(([path, content]) => entry({ path: `package/${path}`, content }))),
  )
}
