import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newConnections, oneSocket } from '../support/load.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

interface Application {
  fixture: string
  /** What each process prints when its own stop has run to its end. */
  stops?: RegExp
}

const APPLICATIONS: Record<string, Application> = {
  Express: { fixture: 'express-app' },
  'Fastify, listening on an address': { fixture: 'fastify-app', stops: /^closed [12]\.0\.0$/gm },
  'Fastify, listening on localhost': { fixture: 'fastify-localhost' },
  Koa: { fixture: 'koa-app' },
  'Hono on node-server': { fixture: 'hono-app' },
  'NestJS on Express': { fixture: 'nest-app', stops: /^module destroyed [12]\.0\.0$/gm },
  'node:http': { fixture: 'http-app' },
  'a CommonJS entry in a folder': { fixture: 'commonjs-app' },
  'a TypeScript entry, run by type stripping': { fixture: 'typescript-app' },
}

for (const [what, { fixture, stops }] of Object.entries(APPLICATIONS)) {
  test(`${what}: unmodified, upgraded under load, no request fails and no connection is closed`, async t => {
    const swaps = 2
    const app = await swapUnderLoad(t, fixture, { kinds: [newConnections, oneSocket(5)], swaps })
    await app.stop()
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    if (stops) assert.equal(app.output().match(stops)?.length, swaps + 1, app.output())
  })
}
