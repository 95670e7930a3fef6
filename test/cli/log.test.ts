import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boots, errorOf, get, launch, pack, run, until } from '../parent/support.ts'
import { beam, freePort } from '../support/beam.ts'
import { documentedChannels } from '../support/events.ts'
import { tempDir } from '../support/pack-app.ts'

interface Line {
  time: string
  level: string
  app: string
  message?: string
  event?: string
  code?: string
}

test('start --log json: each message and each event is one line of JSON, whatever peers print', async t => {
  const port = await freePort()
  const stateDir = tempDir(t)
  const halfLine = boots("process.stderr.write('half a line')")
  const archive = await pack(t, '1.0.0', halfLine)
  const parent = launch(t, [
    'start',
    archive,
    ...['--port', String(port), '--state-dir', stateDir, '--log', 'json', '--health', '/'],
  ])
  await until(() => get(port, '/').catch(() => null))
  assert.equal((await beam(['upgrade', await pack(t, '2.0.0'), '--state-dir', stateDir])).code, 0)
  const fails = boots("throw new Error('does not start')")
  const failing = await pack(t, '3.0.0', fails)
  const { code } = errorOf(await beam(['upgrade', failing, '--state-dir', stateDir, '--json']))
  assert.equal((await beam(['stop', '--state-dir', stateDir])).code, 0)
  await parent.ended

  const printed = parent.stderr().split('\n').filter(Boolean)
  assert.ok(printed.includes('half a line'), parent.stderr())
  assert.doesNotMatch(parent.stderr(), /^beam-deploy:/m)
  const lines = printed.filter(line => line.startsWith('{"')).map(line => JSON.parse(line) as Line)
  for (const { time, app, level } of lines) {
    assert.equal(new Date(time).toISOString(), time)
    assert.equal(app, 'tells-about-itself')
    assert.match(level, /^(info|warn|error)$/)
  }
  const channels = documentedChannels().map(({ name }) => name)
  const never = ['cutover:error', 'unpack:error', 'health:error', 'peer:restart'].map(
    name => `beam-deploy:${name}`,
  )
  never.push(...channels.filter(name => name.startsWith('beam-deploy:lease:')))
  // Those of a hot upgrade and of a bake.
  for (const step of ['plan', 'commit', 'bake', 'back'])
    never.push(...['start', 'end', 'error'].map(end => `beam-deploy:${step}:${end}`))
  assert.deepEqual(
    [...new Set(lines.flatMap(({ event }) => event ?? []))].sort(),
    channels.filter(name => !never.includes(name)).sort(),
  )
  assert.deepEqual(
    [lines[0], lines.at(-1)].map(line => line?.event),
    ['beam-deploy:boot:start', 'beam-deploy:stop:end'],
  )
  assert.equal(lines.find(({ event }) => event === 'beam-deploy:upgrade:error')?.code, code)
  const errors = lines.filter(({ level }) => level === 'error')
  assert.equal(errors.length, 1)
  assert.match(errors[0]?.message ?? '', /upgrade failed; 2\.0\.0 serves on: .*\n.*Error: does not start/s)
  assert.ok(lines.some(({ message }) => /2\.0\.0 serves \(generation 2/.test(message ?? '')))
})

test('without it events are not printed', async t => {
  const port = await freePort()
  const archive = await pack(t, '1.0.0')
  const parent = launch(t, ['start', archive, '--port', String(port), '--state-dir', tempDir(t)])
  await until(() => get(port, '/').catch(() => null))
  parent.signal('SIGTERM')
  await parent.ended
  assert.match(parent.stderr(), /^beam-deploy: tells-about-itself 1\.0\.0 serves on/)
  assert.doesNotMatch(parent.stderr(), /boot:start|\{/)
})

test('why a parent does not start is told as without --log json; another format is refused', async t => {
  const archive = await pack(t, '1.0.0')
  const port = String(await freePort())
  const options = ['--port', port, '--state-dir', tempDir(t)]
  const failing = await run(t, ['start', `${archive}.not`, ...options, '--log', 'json'])
  assert.equal(failing.code, 1)
  assert.match(failing.stderr, /^beam-deploy: release_not_found: /)
  const refused = await run(t, ['start', archive, ...options, '--log', 'xml', '--json'])
  assert.match(errorOf(refused, 2).message, /^--log xml: it must be pretty or json/)
})
