import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { get } from '../parent/support.ts'
import { startApp } from '../support/beam.ts'
import { packApp } from '../support/pack-app.ts'

/**
 * The library of the first version, as far as it meets the parent's preload: what it finds in the process, and calls there. Do not
 * change: applications bring their own copy of this package.
 */
const FIRST_LIBRARY = `
const handle = () => globalThis[Symbol.for('beam-deploy.peer')]
export const upgrade = path => handle().parent.upgrade({ path })
export const rollback = () => handle().parent.rollback()
export const status = () => handle().parent.status()
export async function start(options) {
  const started = handle().starting()
  const result = await options.start()
  started(typeof result === 'function' ? result : null)
}
export const facts = () => {
  const { protocol, identity, release } = handle()
  return { protocol, app: identity.app, slot: identity.slot, version: release.version, dir: release.dir === process.cwd() }
}
`

const APP = `
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { facts, rollback, start, status, upgrade } from 'beam-deploy'
const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
const ROUTES = {
  '/': () => version,
  '/facts': () => JSON.stringify(facts()),
  '/status': async () => (await status()).release.version,
  '/upgrade': async () => (await upgrade(process.env.NEXT)).release.version,
  '/rollback': async () => (await rollback()).release.version,
}
await start({
  app: 'line-app',
  start: async () => {
    const server = http.createServer(async (request, response) => response.end(await ROUTES[request.url]()))
    await new Promise(resolve => server.listen(process.env.PORT, resolve))
    return () => server.close()
  },
})
`

test('an application with the library of the first version starts, deploys itself and goes back', async t => {
  const pack = (version: string) =>
    packApp(t, 'line-app', {
      version,
      manifest: { type: 'module', main: 'main.js' },
      files: {
        'main.js': APP,
        'node_modules/beam-deploy/package.json':
          '{"name":"beam-deploy","version":"0.1.0","type":"module","exports":"./index.js"}',
        'node_modules/beam-deploy/index.js': FIRST_LIBRARY,
      },
    })
  const [first, second] = await Promise.all([pack('1.0.0'), pack('2.0.0')])
  const app = await startApp(t, first, { env: { NEXT: second } })
  assert.deepEqual(JSON.parse(await get(app.port, '/facts')), {
    protocol: 1,
    app: 'line-app',
    slot: 0,
    version: '1.0.0',
    dir: true,
  })
  assert.equal(await get(app.port, '/upgrade'), '2.0.0')
  assert.equal(await get(app.port, '/status'), '2.0.0')
  assert.equal(await get(app.port, '/rollback'), '1.0.0')
  assert.equal(await get(app.port, '/'), '1.0.0')
})

/** What the preload of the first version left in a peer. */
const FIRST_HANDLE = `
const calls = []
globalThis[Symbol.for('beam-deploy.peer')] = {
  protocol: 1,
  identity: { app: 'shop', generation: 1, slot: 0 },
  release: { version: '1.0.0' },
  parent: {
    upgrade: async request => ({ action: 'upgrade', request }),
    rollback: async () => ({ action: 'rollback' }),
    status: async () => ({ upgrading: true }),
  },
  starting: () => stop => calls.push(['started', typeof stop]),
}
`

test('the library finds its way under a parent of the first version; what that cannot do is refused by name', () => {
  const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
  const program = `
    ${FIRST_HANDLE}
    const beam = await import(${JSON.stringify(library)})
    await beam.start({ app: 'shop', start: () => () => 1, beforeCutover: () => 1, healthCheck: '/healthz' })
    const refusals = []
    for (const call of [() => beam.putHandoff('a', 1), () => beam.activePeer(), () => beam.callParent('a', 'b'), () => beam.hotUpgrade('/x')])
      await call().catch(error => refusals.push(error.code))
    console.log(JSON.stringify([calls, (await beam.upgrade('/x')).request, await beam.isUpgrading(), refusals]))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  })
  assert.match(stderr, /BeamDeployWarning: .*cutover callbacks/)
  assert.match(stderr, /BeamDeployWarning: .*without health checks/)
  assert.deepEqual(JSON.parse(stdout), [
    [['started', 'function']],
    { path: '/x' },
    true,
    ['incompatible_protocol', 'incompatible_protocol', 'incompatible_protocol', 'incompatible_protocol'],
  ])
})
