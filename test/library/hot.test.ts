import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import http from 'node:http'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { HotReason, HotUpgradeReport, UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { servedVersions } from '../parent/hot-support.ts'
import { get } from '../parent/support.ts'
import { packStandIn, startStandIn } from '../support/hot-stand-in.ts'
import { startProgram, untilServing } from '../support/run-program.ts'

const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

interface Answer {
  value?: unknown
  error?: { name: string; code: string; message: string; reasons?: HotReason[] }
}

/** Runs the body of an async function in a peer of the stand-in, with `beam` in scope. */
function run(port: number, code: string): Promise<Answer> {
  return new Promise((resolved, reject) => {
    const options = { port, host: '127.0.0.1', path: '/run', method: 'POST', agent: false }
    const request = http.request(options, async response => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolved(JSON.parse(text))
    })
    request.on('error', reject).end(code)
  })
}

test('an application plans and upgrades itself, in all peers, and serves on', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  const archive = await packStandIn(t, '2.0.0')
  const call = (name: string) =>
    `return beam.${name}(${JSON.stringify(archive)}, { suspendTimeout: '1s', extra: new Map([['a', 1n]]) })`

  const plan = (await run(app.port, call('planUpgrade'))).value as UpgradePlan
  assert.equal(plan.verdict, 'hot')
  const { value, error } = await run(app.port, call('hotUpgrade'))

  assert.equal(error, undefined)
  const report = value as HotUpgradeReport
  assert.deepEqual(
    [report.action, report.app, report.release.version, report.previous.version, report.peers.length],
    ['hot-upgrade', 'hot-stand-in', '2.0.0', '1.0.0', 2],
  )
  assert.deepEqual(await servedVersions(app), ['2.0.0'])
  const rules = app
    .notes()
    .filter(line => line.includes('prepare'))
    .map(line => JSON.parse(line.slice(line.indexOf('{'))))
  assert.equal(rules.length, 4)
  for (const rule of rules) {
    assert.equal(rule.suspendTimeoutMs, 1000)
    // In the form of src/rpc/values.ts, as bytes.
    assert.match(rule.extra[0], /^1\[\["Map",1,2\],"a",\["BigInt","1"\]\]$/)
  }
  const active = await run(app.port, 'const { release } = await beam.activePeer(); return release.version')
  assert.equal(active.value, '2.0.0')
})

test('a refusal has its reasons as data too', async t => {
  const app = await startStandIn(t, await packStandIn(t, '1.0.0'))
  app.order({ 0: { prepare: 'refuse' } })
  const archive = await packStandIn(t, '2.0.0')
  const { error } = await run(app.port, `return beam.hotUpgrade(${JSON.stringify(archive)})`)
  assert.equal(error?.code, 'incompatible_change')
  assert.deepEqual(
    error?.reasons?.map(({ module, line }) => [module, line]),
    [
      ['server.js', 12],
      ['node_modules/left-pad', null],
    ],
  )
})

/** Runs a module with the library as `beam`; resolves to what it prints as JSON. */
function program(code: string): unknown {
  const text = `const beam = await import(${JSON.stringify(LIBRARY)})\n${code}`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

test('without a parent and without hot loading it is refused, with how to get it', () => {
  const errors = program(`
    const errors = []
    for (const name of ['hotUpgrade', 'planUpgrade'])
      await beam[name]('a.tgz').catch(({ code, message }) => errors.push([code, message]))
    console.log(JSON.stringify(errors))`) as [string, string][]
  for (const [index, name] of ['hotUpgrade', 'planUpgrade'].entries()) {
    assert.equal(errors[index]?.[0], 'hot_unavailable')
    assert.match(
      String(errors[index]?.[1]),
      new RegExp(`^${name}\\(\\): .*node --import beam-deploy/hot app\\.js`),
    )
  }
})

test('without a parent, hot loading itself is asked; one of another protocol is none', () => {
  const calls = program(`
    const calls = []
    const engine = protocol => Object.defineProperty(globalThis, Symbol.for('beam-deploy.hot'), {
      configurable: true,
      value: {
        protocol,
        hotUpgrade: async (path, rules) => calls.push(['hotUpgrade', path, rules]),
        planUpgrade: async (path, rules) => calls.push(['planUpgrade', path, rules]),
      },
    })
    engine(1)
    await beam.hotUpgrade('a.tgz', { onCodeChangeError: 'continue', allow: ['a#b'], extra: { units: 'metric' } })
    await beam.planUpgrade('/srv/a.tgz')
    engine(2)
    await beam.hotUpgrade('a.tgz').catch(({ code }) => calls.push(code))
    console.log(JSON.stringify(calls))`)
  assert.deepEqual(calls, [
    [
      'hotUpgrade',
      resolve('a.tgz'),
      {
        suspendTimeoutMs: 3000,
        onCodeChangeError: 'continue',
        allow: ['a#b'],
        extra: { units: 'metric' },
      },
    ],
    ['planUpgrade', '/srv/a.tgz', { suspendTimeoutMs: 3000, onCodeChangeError: 'revert', allow: [] }],
    'hot_unavailable',
  ])
})

const PROGRAM = (options: string) => `
import http from 'node:http'
import { start } from 'beam-deploy'
await start({
  app: 'line-app',
  ${options}
  start: () => new Promise(resolve => {
    const server = http.createServer((request, response) => response.end(JSON.stringify(process.execArgv)))
    server.listen(process.env.PORT, () => resolve(() => server.close()))
  }),
})
`

test('a program that is its own parent says by hot whether its peers have hot loading', async t => {
  for (const [options, expected] of [
    ['', 1],
    ['hot: false,', 0],
  ] as const) {
    const program = await startProgram(t, 'line-app', {
      version: '1.0.0',
      manifest: { type: 'module', main: 'main.js', dependencies: { 'beam-deploy': '*' } },
      files: { 'main.js': PROGRAM(options) },
    })
    await untilServing(program)
    const execArgv = JSON.parse(await get(program.port, '/')) as string[]
    assert.equal(execArgv.filter(argument => argument.endsWith('hot.cjs')).length, expected, options)
  }
})

const WRONG: [string, RegExp][] = [
  ['{ suspendTimeout: "soon" }', /suspendTimeout is "soon"; it must be another: a duration is/],
  ['{ suspendTimeout: -1 }', /suspendTimeout is -1; it must be milliseconds/],
  ['{ onCodeChangeError: "stop" }', /onCodeChangeError is "stop"; it must be 'revert' or 'continue'/],
  ['{ allow: "a#b" }', /allow is "a#b"; it must be a list of places/],
  ['{ suspendTimeOut: 1 }', /there is no option "suspendTimeOut"; did you mean suspendTimeout\?/],
]

for (const [options, message] of WRONG) {
  test(`hotUpgrade with ${options} is refused by name`, () => {
    const [code, text] = program(
      `await beam.hotUpgrade('a.tgz', ${options}).catch(({ code, message }) => console.log(JSON.stringify([code, message])))`,
    ) as [string, string]
    assert.equal(code, 'invalid_option')
    assert.match(text, message)
  })
}
