import assert from 'node:assert/strict'
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { about, failingUpgrade, pack, run, snapshot, until } from './support.ts'

test('each release runs in its own folder, which is not the one of the other', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const first = await about(app.port)
  const { release } = await app.upgrade(await pack(t, '2.0.0'))
  const second = await about(app.port)
  assert.notEqual(first.cwd, second.cwd)
  assert.equal(second.cwd, realpathSync(join(app.stateDir, 'releases', release.id)))
  assert.equal(second.cwd, realpathSync(join(app.stateDir, 'current')))
})

test('the env file goes over the environment, and is read again for each new peer', async t => {
  const file = join(tempDir(t), 'app.env')
  writeFileSync(file, 'GREETING=hello\nPORT=1\n')
  const archive = await pack(t, '1.0.0')
  const app = await startApp(t, archive, {
    args: ['--env', file],
    env: { GREETING: 'from outside', INHERITED: 'yes' },
  })
  const { env, pid } = await about(app.port)
  assert.deepEqual([env.GREETING, env.INHERITED, env.PORT], ['hello', 'yes', String(app.port)])

  writeFileSync(file, 'GREETING="good bye"\n')
  assert.equal((await about(app.port)).env.GREETING, 'hello')
  await app.upgrade(archive)
  assert.equal((await about(app.port)).env.GREETING, 'good bye')

  writeFileSync(file, 'GREETING=again\n')
  const crashed = await about(app.port)
  process.kill(crashed.pid, 'SIGKILL')
  const restarted = await until(async () => {
    const answer = await about(app.port).catch(() => null)
    return answer?.pid !== crashed.pid && answer
  })
  assert.equal(restarted.env.GREETING, 'again')
  assert.notEqual(restarted.pid, pid)
})

test('under the name that Node.js reads for itself too, the env file still is what it is at each new peer', async t => {
  const file = join(tempDir(t), 'app.env')
  writeFileSync(file, 'GREETING=hello\nFIRST=only\n')
  const archive = await pack(t, '1.0.0')
  const app = await startApp(t, archive, { args: ['--env-file', file] })
  assert.equal((await about(app.port)).env.FIRST, 'only')
  writeFileSync(file, 'GREETING=good bye\n')
  await app.upgrade(archive)
  const { env } = await about(app.port)
  assert.deepEqual([env.GREETING, env.FIRST], ['good bye', undefined])
})

test('an env file that is gone fails the upgrade, and the old release serves', async t => {
  const file = join(tempDir(t), 'app.env')
  writeFileSync(file, 'GREETING=hello\n')
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--env', file] })
  const { pid } = await about(app.port)
  const before = snapshot(app.stateDir)
  rmSync(file)
  const error = await failingUpgrade(app, await pack(t, '2.0.0'), 2)
  assert.equal(error.code, 'invalid_option')
  assert.match(error.message, /env file .*app\.env cannot be read: .*no such file/)
  assert.equal((await about(app.port)).pid, pid)
  assert.deepEqual(snapshot(app.stateDir), before)
  writeFileSync(file, 'GREETING=back\n')
  await app.upgrade(await pack(t, '2.0.0'))
  assert.equal((await about(app.port)).env.GREETING, 'back')
})

test('an env file that is gone when a peer crashes is waited for, as far as the limit of restarts goes', async t => {
  const file = join(tempDir(t), 'app.env')
  writeFileSync(file, 'GREETING=hello\n')
  const app = await startApp(t, await pack(t, '1.0.0'), { args: ['--env', file] })
  const { pid } = await about(app.port)
  rmSync(file)
  process.kill(pid, 'SIGKILL')
  await until(() => /cannot be read/.test(app.output()))
  writeFileSync(file, 'GREETING=back\n')
  const { env } = await until(() => about(app.port).catch(() => null))
  assert.equal(env.GREETING, 'back')
})

test('an env file that is not there at the start is refused before anything runs', async t => {
  const file = join(tempDir(t), 'absent.env')
  const args = ['--port', String(await freePort()), '--state-dir', tempDir(t), '--env', file, '--json']
  const { code, stdout } = await run(t, ['start', await pack(t, '1.0.0'), ...args])
  assert.equal(code, 2)
  const { error } = JSON.parse(stdout)
  assert.equal(error.code, 'invalid_option')
  assert.match(error.message, /env file .*absent\.env cannot be read/)
})

test('options for Node.js in the env file are for the peers, not for the parent', async t => {
  const file = join(tempDir(t), 'app.env')
  writeFileSync(file, 'NODE_OPTIONS="--title=named-by-its-env-file --import ./preloaded.js"\n')
  const archive = await pack(t, '1.0.0', {
    files: { 'preloaded.js': "process.env.PRELOADED = 'yes'; console.log('preloaded')" },
  })
  const app = await startApp(t, archive, { args: ['--env', file] })
  await app.upgrade(archive)
  const { env, pid } = await about(app.port)
  assert.equal(env.PRELOADED, 'yes')
  assert.equal(titleOf(pid), 'named-by-its-env-file')
  assert.doesNotMatch(titleOf(app.pid), /named/)
  assert.equal(app.output().match(/^preloaded$/gm)?.length, 2)
})

test('a peer sees nothing of ours in its environment and arguments', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const { env } = await about(app.port)
  assert.equal(env.BEAM_DEPLOY_PEER, undefined)
})

const titleOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
