import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get } from '../parent/support.ts'
import { freePort, startApp } from '../support/beam.ts'
import { startHotProgram } from '../support/hot-program.ts'
import { packApp } from '../support/pack-app.ts'

/** A server that is made of what changes, and closed by `dispose`. */
const files = (version: string, kind = 'http', late = '') => ({
  'server.js': `import { createServer } from 'node:${kind}'
import { version } from './version.js'
import './late.js'
const handler = make(version)
function make(version) { return (request, response) => response.end(version) }
const server = createServer(handler).listen(process.env.PORT)
import.meta.hot?.accept()
import.meta.hot?.dispose(() => server.close())`,
  'version.js': `export const version = '${version}'`,
  'late.js': late,
})

test('a server that dispose closes listens again on its port, with what is new, and with what was when it is undone', async t => {
  const port = await freePort()
  const program = await startHotProgram(t, files('1'), { entry: 'server.js', env: { PORT: String(port) } })
  for (const version of ['2', '3']) {
    const { notes } = await program.upgrade(files(version))
    assert.deepEqual(notes, ['server.js: `import.meta.hot.dispose` ends what line 6 of the old text began'])
    assert.equal(await get(port, '/'), version)
  }
  const failing = `${files('4')['server.js']}\nthrow new Error('not today')`
  const failed = await program.refusal({ ...files('4'), 'server.js': failing })
  assert.match(failed.message, /not today; all is as before/)
  assert.equal(await get(port, '/'), '3')
  await program.upgrade(files('5'))
  assert.equal(await get(port, '/'), '5')
})

for (const kind of ['http', 'net'])
  test(`in a peer the server of an endpoint is opened once, whatever is said of its replacement: ${kind}`, async t => {
    const [v1 = '', v2 = ''] = await Promise.all(
      ['1', '2'].map(version =>
        packApp(t, 'seed-app', {
          version: `${version}.0.0`,
          files: files(version, kind),
          manifest: { type: 'module', dependencies: {} },
        }),
      ),
    )
    const app = await startApp(t, v1)
    const { pid } = (await app.status()).peers[0] ?? {}
    const { code, stderr } = await app.command('hot-upgrade', v2)
    assert.notEqual(code, 0)
    assert.match(
      stderr,
      /server\.js:6: `server` has opened the server of an endpoint, which a peer can do once, and would have to be evaluated anew: it reads handler/,
    )
    assert.equal((await app.status()).peers[0]?.pid, pid)
  })
