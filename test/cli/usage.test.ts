import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorOf, pack, run } from '../parent/support.ts'
import { beam, freePort } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'

const MISUSED: [string[], RegExp][] = [
  [['start', '--port', 'http'], /--port http: a port is a number from 0 to 65535/],
  [['start', '--port', '65536'], /--port 65536/],
  [['start', '--port=-1'], /--port -1/],
  [['start', '--port', '-1'], /'--port <value>' argument is ambiguous|'--port' argument is ambiguous/],
  [['start', '--port', '80.5'], /--port 80\.5/],
  [['start', '--port', '0x50'], /--port 0x50/],
  [['start', '--port', ''], /--port: it needs a value/],
  [['start', '--port'], /'--port <value>' argument missing/],
  [['start', '--env', '--peers', '2'], /'--env' argument is ambiguous/],
  [['start', '--peers', '0'], /--peers 0: it must be a whole number from 1/],
  [['start', '--peers', 'many'], /--peers many/],
  [['start', '--ready-timeout', 'soon'], /--ready-timeout soon: a duration is a number with ms, s, m or h/],
  [['start', '--shutdown-timeout=-5s'], /--shutdown-timeout -5s/],
  [['start', '--shutdown-timeout', '1000h'], /--shutdown-timeout 1000h: the longest duration is 596h/],
  [['start', '--keep-releases', '0'], /--keep-releases 0/],
  [['start', '--max-draining', '0'], /--max-draining 0/],
  [['start', '--bake-error-limit', '6'], /--bake-error-limit 6: it must be a share/],
  [['upgrade', 'x.tgz', '--bake', 'long'], /--bake long: a duration is/],
  [['start', '--host', 'a', '--host', 'b', '--port', '1'], /2 hosts for 1 ports: give one --host for all/],
  [['start'], /which application to start is not clear: none was started before .* Give an archive/],
  [['start', '--colour', 'blue'], /Unknown option '--colour'/],
  [['status', 'now'], /now is one argument too many: status/],
  [['status', '--app'], /'--app <value>' argument missing/],
  [['status', '--state-dir='], /--state-dir: it needs a value/],
  [['upgrade'], /usage: upgrade <archive>/],
  [['status', '--port', '1'], /--port is no option of status/],
  [['deploy'], /unknown command deploy/],
]

for (const [args, message] of MISUSED) {
  test(`\`${args.join(' ')}\` is misuse: exit code 2, and the option is named`, async t => {
    const env = { BEAM_DEPLOY_STATE_DIR: tempDir(t), PORT: '', HOST: '' }
    const { code, stdout, stderr } = await run(t, args, env)
    assert.equal(code, 2)
    assert.match(stderr, message)
    assert.equal(stdout, '')
    const asJson = errorOf(await run(t, ['--json', ...args], env), 2)
    assert.equal(asJson.code, 'invalid_option')
    assert.match(asJson.message, message)
    assert.deepEqual(readdirSync(env.BEAM_DEPLOY_STATE_DIR), [])
  })
}

test('an archive without an endpoint is refused by name, and nothing of it stays', async t => {
  const env = { BEAM_DEPLOY_STATE_DIR: tempDir(t), PORT: '', HOST: '' }
  const args = ['start', await pack(t, '1.0.0'), '--json']
  const error = errorOf(await run(t, args, env), 2)
  assert.match(
    error.message,
    /no endpoint is declared: name the port .*--port, set PORT, or give `endpoints`/,
  )
  assert.deepEqual(readdirSync(join(env.BEAM_DEPLOY_STATE_DIR, 'tells-about-itself', 'releases')), [])
})

test('a PORT that is no port is refused by name', async t => {
  const env = { BEAM_DEPLOY_STATE_DIR: tempDir(t), PORT: 'eighty' }
  const { code, stderr } = await run(t, ['start', await pack(t, '1.0.0')], env)
  assert.equal(code, 2)
  assert.match(stderr, /the environment variable PORT is "eighty", which is no port/)
})

test('a state folder that cannot be one is refused by name', async t => {
  const stateRoot = join(tempDir(t), 'file')
  writeFileSync(stateRoot, '')
  const start = ['start', await pack(t, '1.0.0'), '--port', '0']
  for (const command of [start, ['start', '--port', '0'], ['status'], ['stop'], ['rollback']]) {
    const error = errorOf(await run(t, [...command, '--state-dir', stateRoot, '--json']), 2)
    assert.equal(error.code, 'invalid_option')
    assert.match(error.message, /the state folder .*file cannot be used: .*name another with --state-dir/)
  }
})

test('values are taken as they are written', async t => {
  for (const name of ['007', '1e3', '0x10', 'true']) {
    const error = errorOf(await beam(['status', '--app', name, '--state-dir', tempDir(t), '--json']))
    assert.equal(error.code, 'not_running')
    assert.ok(error.message.startsWith(`${name} is not running`), error.message)
  }
})

test('without a parent, each command says how to get one', async t => {
  for (const command of [['status'], ['stop'], ['rollback'], ['upgrade', await pack(t, '1.0.0')]]) {
    const error = errorOf(await run(t, [...command, '--state-dir', tempDir(t), '--json']))
    assert.equal(error.code, 'not_running')
    assert.match(error.message, /Start it with `beam-deploy start`, or name the right one with --app/)
  }
})

test('what fails is told to people on standard error, and to machines on standard output', async t => {
  const args = ['start', '/nowhere/app.tgz', '--port', String(await freePort()), '--state-dir', tempDir(t)]
  const people = await run(t, args)
  assert.equal(people.code, 1)
  assert.equal(people.stdout, '')
  assert.match(people.stderr, /^beam-deploy: release_not_found: Cannot read \/nowhere\/app\.tgz/)
  const machines = await run(t, [...args, '--json'])
  assert.equal(machines.code, 1)
  const { error } = JSON.parse(machines.stdout)
  assert.deepEqual([error.code, error.phase, error.stack], ['release_not_found', 'validate', undefined])
  assert.doesNotMatch(machines.stdout, /node_modules|"stack"/)
})
