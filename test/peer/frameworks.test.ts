import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepAlive, newConnections } from '../support/load.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

const APPLICATIONS = {
  'express-app': 'Express',
  'fastify-app': 'Fastify, listening with an address',
  'koa-app': 'Koa',
  'hono-app': 'Hono on node-server',
  'nest-app': 'NestJS on Express',
  'http-app': 'node:http',
  'commonjs-app': 'a CommonJS entry in a folder',
  'typescript-app': 'a TypeScript entry, run by type stripping',
}

for (const [fixture, what] of Object.entries(APPLICATIONS)) {
  test(`${what}: unmodified, upgraded under load, no request fails`, async t => {
    const app = await swapUnderLoad(t, fixture, { kinds: [newConnections, keepAlive(5)] })
    await app.stop()
    assert.deepEqual(await app.ended, { code: 0, signal: null })
  })
}
