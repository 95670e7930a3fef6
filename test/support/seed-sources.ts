/** The seed case in TypeScript: what `tsc` makes modules of both kinds of, and Node.js runs as it is. */
export function seedTypeScript(version: 'v1' | 'v2'): Record<string, string> {
  const isNew = version === 'v2'
  return {
    'server.ts': SERVER,
    'lib/version.ts': `export const version = (): string => '${version}'\n`,
    'lib/router.ts': router(isNew),
    'lib/labels.ts': labels(isNew),
    ...(isNew && { 'lib/added.ts': `export function added(): string {\n  return 'added'\n}\n` }),
  }
}

const SERVER = `
import http from 'node:http'
import { WebSocketServer } from 'ws'
import { labels } from './lib/labels.ts'
import { handle } from './lib/router.ts'
import * as versions from './lib/version.ts'

const kept = labels
export const isSame = () => kept === labels

async function boot() {
  await labels.start()
  const server = http.createServer({ keepAliveTimeout: 60_000 }, handle)
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', socket => {
    socket.on('message', () => socket.send(versions.version()))
  })
  server.listen(Number(process.env.PORT))
  process.on('SIGTERM', () => server.close(() => process.exit(0)))
}
boot()
`

const router = (isNew: boolean) => `
import type { IncomingMessage, ServerResponse } from 'node:http'
import { labels } from './labels.ts'
import { version } from './version.ts'
${isNew ? "import { added } from './added.ts'" : ''}

type Handler = (request: IncomingMessage) => Promise<string> | string

class Router {
  routes = new Map<string, Handler>()
  get(path: string, handler: Handler) {
    this.routes.set(path, handler)
  }
  async handle(request: IncomingMessage, response: ServerResponse) {
    const handler = this.routes.get(request.url ?? '/')
    response.statusCode = handler ? 200 : 404
    response.setHeader('x-version', version())
    response.end(handler ? await handler(request) : 'nothing')
  }
}

const router = new Router()
const started = Date.now() + Math.random()
router.get('/', async () => {
  await labels.call('get')
  return version()
})
router.get('/seen', async () =>
  JSON.stringify({ pid: process.pid, started, version: version(), state: await labels.call('get') }),
)
${isNew ? "router.get('/added', () => added())" : ''}

export const handle = (request: IncomingMessage, response: ServerResponse) => void router.handle(request, response)
`

const labels = (isNew: boolean) => `
import { defineProcess } from 'beam-deploy/process'

export const labels = defineProcess({
  name: 'labels',
  version: '${isNew ? 2 : 1}',
  init: () => ({ label: '${isNew ? 'v2' : 'v1'}', previousLabel: '', migrations: 0 }),
  calls: {
    get: state => state,
  },
  ${isNew ? CODE_CHANGE : ''}
})
`

const CODE_CHANGE = `codeChange: (_version, { label, migrations }) => ({
    label: 'v2',
    previousLabel: String(label),
    migrations: Number(migrations) + 1,
  }),`

/** The same as somebody writes CommonJS. */
export function seedCommonjs(version: 'v1' | 'v2'): Record<string, string> {
  const isNew = version === 'v2'
  return {
    'server.js': `
'use strict'
const http = require('node:http')
const { WebSocketServer } = require('ws')
const { labels } = require('./lib/labels')
const { handle } = require('./lib/router')
const versions = require('./lib/version')

const kept = labels
exports.isSame = () => kept === require('./lib/labels').labels

labels.start().then(() => {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, handle)
  new WebSocketServer({ server }).on('connection', socket => {
    socket.on('message', () => socket.send(versions.version()))
  })
  server.listen(process.env.PORT)
  process.on('SIGTERM', () => server.close(() => process.exit(0)))
})
`,
    'lib/version.js': `exports.version = function () { return '${version}' }\n`,
    'lib/router.js': `
const { labels } = require('./labels')
const { version } = require('./version')
${isNew ? "const added = require('./added')" : ''}
const started = Date.now() + Math.random()
const routes = {}
routes['/'] = async () => {
  await labels.call('get')
  return version()
}
routes['/seen'] = async () =>
  JSON.stringify({ pid: process.pid, started, version: version(), state: await labels.call('get') })
${isNew ? "routes['/added'] = () => added()" : ''}

module.exports = {
  handle: async (request, response) => {
    const handler = routes[request.url]
    response.statusCode = handler ? 200 : 404
    response.setHeader('x-version', version())
    response.end(handler ? await handler() : 'nothing')
  },
}
`,
    'lib/labels.js': labels(isNew)
      .replace(/^import .*$/m, "const { defineProcess } = require('beam-deploy/process')")
      .replace('export const labels =', 'module.exports.labels ='),
    ...(isNew && { 'lib/added.js': `module.exports = () => 'added'\n` }),
  }
}
