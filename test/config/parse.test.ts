import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CHECKS } from '../../src/config/checks.ts'
import { parseConfig } from '../../src/config/parse.ts'

test('every option is read, durations as milliseconds', () => {
  const config = parseConfig(
    {
      app: 'shop',
      endpoints: [{ port: 3000, host: '127.0.0.1' }, { port: 0 }, { path: '/run/shop.sock' }],
      peers: 'max',
      readyTimeout: '5s',
      shutdownTimeout: '2m',
      healthCheck: '/healthz',
      cutover: 'overlap',
      overlapTime: '3s',
      keepReleases: 5,
      maxDraining: 2,
      bake: '30s',
      bakeErrorLimit: 0.1,
      envFile: '/etc/shop.env',
      prefixOutput: true,
      hot: false,
      log: 'json',
      parentChildren: [{ id: 'sessions', module: './lib/../sessions.js' }],
      node: './runtime/bin/node',
      beforeCutover: './cutover.js',
      afterCutover: 'cutover.js',
    },
    'x',
  )
  assert.deepEqual(config, {
    app: 'shop',
    endpoints: [{ port: 3000, host: '127.0.0.1' }, { port: 0 }, { path: '/run/shop.sock' }],
    peers: 'max',
    readyTimeout: 5_000,
    shutdownTimeout: 120_000,
    healthCheck: { requests: [{ path: '/healthz' }] },
    cutover: 'overlap',
    overlapTime: 3_000,
    keepReleases: 5,
    maxDraining: 2,
    bake: 30_000,
    bakeErrorLimit: 0.1,
    envFile: '/etc/shop.env',
    prefixOutput: true,
    hot: false,
    log: 'json',
    parentChildren: [{ id: 'sessions', module: 'sessions.js' }],
    node: 'runtime/bin/node',
    beforeCutover: 'cutover.js',
    afterCutover: 'cutover.js',
  })
  assert.deepEqual(Object.keys(config).sort(), Object.keys(CHECKS).sort())
})

test('a time without end survives JSON', () => {
  for (const shutdownTimeout of [Infinity, 'infinity', 'Infinity'])
    assert.deepEqual(JSON.parse(JSON.stringify(parseConfig({ shutdownTimeout }, 'x'))), {
      shutdownTimeout: null,
    })
})

const REFUSED: [object | string, RegExp][] = [
  [{ peerz: 2 }, /^my\.json: there is no option "peerz"; did you mean peers\?$/],
  [{ ReadyTimeOut: 2 }, /did you mean readyTimeout\?/],
  [{ colour: 2 }, /there is no option "colour"; there are app, endpoints, /],
  [{ stateDir: 'x' }, /stateDir cannot be given here: .* use --state-dir/],
  [{ start: () => 1 }, /start cannot be given here/],
  [{ app: '' }, /app is ""; it must be a text that is not empty/],
  [{ peers: 0 }, /peers is 0; it must be a whole number from 1, or 'max'/],
  [{ peers: '2' }, /peers is "2"/],
  [
    { readyTimeout: '5 parsecs' },
    /readyTimeout is "5 parsecs"; it must be another: a duration is a number with ms/,
  ],
  [{ readyTimeout: 'infinity' }, /readyTimeout is "infinity"/],
  [{ readyTimeout: -1 }, /readyTimeout is -1; it must be milliseconds/],
  [{ shutdownTimeout: '1000h' }, /the longest duration is 596h/],
  [{ prefixOutput: 'yes' }, /prefixOutput is "yes"; it must be true or false/],
  [{ cutover: 'slow' }, /cutover is "slow"; it must be 'gate' or 'overlap'/],
  [{ log: 'yaml' }, /log is "yaml"; it must be 'pretty' or 'json'/],
  [{ node: '/usr/bin/node' }, /node is .*it must be a path inside the application/],
  [{ keepReleases: 1.5 }, /keepReleases is 1\.5/],
  [{ bakeErrorLimit: 5 }, /bakeErrorLimit is 5; it must be a share, from 0 to 1/],
  [{ bake: -1 }, /bake is -1; it must be milliseconds/],
  [{ maxDraining: 0 }, /maxDraining is 0; it must be a whole number from 1/],
  [{ endpoints: { port: 1 } }, /endpoints is \{"port":1\}; it must be a list/],
  [
    { endpoints: [{ port: 3000 }, { port: 70_000 }] },
    /endpoints is .*it must be a list; \[1\] must be \{ port, host\? \}/,
  ],
  [{ endpoints: [{ port: 1, path: '/x' }] }, /\[0\] must be/],
  [{ endpoints: [{ prot: 1 }] }, /\[0\] must be/],
  [{ parentChildren: ['./a.js'] }, /\[0\] must be \{ id, module \}/],
  [
    {
      parentChildren: [
        { id: 'a', module: 'a.js' },
        { id: 'a', module: 'b.js' },
      ],
    },
    /"a" stands once/,
  ],
  [{ parentChildren: [{ id: 'a', module: '../a.js' }] }, /module must be a path inside the application/],
  [{ parentChildren: [{ id: 'a', module: () => 1 }] }, /module must be the path of a module/],
  [
    { beforeCutover: () => 1 },
    /beforeCutover is a function; it must be the path of a module: .* runs in another process/,
  ],
  [{ afterCutover: '/abs.js' }, /afterCutover is "\/abs\.js"; it must be a path inside/],
  [[], /^my\.json must be an object with options, and it is \[\]/],
  ['text', /it is "text"/],
]
for (const [value, message] of REFUSED)
  test(`${JSON.stringify(value)} is refused by name (${message})`, () => {
    assert.throws(() => parseConfig(value, 'my.json'), { code: 'invalid_option', message })
  })

test('docs/config.md has every option, and no other', () => {
  const docs = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8')
  const documented = [...docs.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => String(key))
  assert.deepEqual(documented.sort(), Object.keys(CHECKS).sort())
})
