import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isBeamDeployError } from '../../src/errors.ts'
import { lease } from '../../src/lease.ts'
import { packRunner, startRunner, startRunnerProgram } from '../support/run-code.ts'
import { untilServing } from '../support/run-program.ts'

const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

test('without BeamDeploy a process has the lease at once, and lets it go', async () => {
  const signals: AbortSignal[] = []
  const handle = lease('here', async signal => {
    signals.push(signal)
    await once(signal, 'abort')
  })
  assert.equal(handle.held, false)
  while (signals.length === 0) await Promise.resolve()
  assert.equal(handle.held, true)
  assert.throws(() => lease('here', () => undefined), { code: 'lease_taken' })
  const released = handle.release()
  assert.equal(handle.held, true)
  await released
  assert.equal(handle.held, false)
  assert.deepEqual([await handle.ended, signals[0]?.aborted], ['released', true])
  const again = lease('here', async () => 'done')
  assert.equal(await again.ended, 'done')
  assert.equal(await lease('here', () => assert.fail('it is done')).ended, 'done')
})

test('without BeamDeploy work that fails is begun again', async t => {
  const write = t.mock.method(process.stderr, 'write', () => true)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let times = 0
  const handle = lease('fails', async () => {
    times += 1
    if (times < 3) throw new Error(`failure ${times}`)
  })
  const failed = async (count: number) => {
    while (write.mock.callCount() < count) await new Promise(setImmediate)
    await new Promise(setImmediate)
  }
  await failed(1)
  t.mock.timers.tick(999)
  assert.equal(times, 1)
  t.mock.timers.tick(1)
  await failed(2)
  t.mock.timers.tick(1_999)
  assert.equal(times, 2)
  t.mock.timers.tick(1)
  assert.equal(await handle.ended, 'done')
  assert.equal(times, 3)
})

test('what is no name, no work or no option is refused with what it is', () => {
  const refused = (call: () => unknown, message: RegExp) =>
    assert.throws(
      call,
      error => isBeamDeployError(error) && error.code === 'invalid_option' && message.test(error.message),
    )
  refused(() => lease(7 as never, () => undefined), /the name of a lease is 7/)
  refused(() => lease('a', 'b' as never), /lease\("a"\): the work is "b"/)
  for (const value of [-1, Number.NaN, '5s'])
    refused(() => lease('a', () => undefined, { releaseTimeout: value as number }), /releaseTimeout is/)
  refused(() => lease('a', () => undefined, { onTimeout: 'end' as never }), /onTimeout is "end"/)
})

test('a thread and a child process of a peer have no lease: each of them would', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const ask = `import(${JSON.stringify(LIBRARY)}).then(({ lease }) => lease('a', () => {})).then(() => 'asked', error => error.code)`
  assert.equal(
    await app.value(`
      const { Worker } = await import('node:worker_threads')
      const worker = new Worker(${JSON.stringify(`${ask}.then(code => require('node:worker_threads').parentPort.postMessage(code))`)}, { eval: true })
      return new Promise(resolve => worker.once('message', resolve))`),
    'lease_unavailable',
  )
  assert.equal(
    await app.value(`
      const { execFileSync } = await import('node:child_process')
      return execFileSync(process.execPath, ['-p', ''], { encoding: 'utf8' }) && execFileSync(process.execPath, ['-e', ${JSON.stringify(`${ask}.then(console.log)`)}], { encoding: 'utf8' }).trim()`),
    'lease_unavailable',
  )
})

test('neither has the parent, nor a child of it', async t => {
  const program = await startRunnerProgram(t, '1.0.0', {
    parentChildren: `({ beam }) => [{
      id: 'clock',
      start: () => ({ ask: () => { try { beam.lease('a', () => {}); return 'asked' } catch (error) { return error.code } } }),
    }]`,
  })
  await untilServing(program)
  assert.equal(await program.value(`return beam.callParent('clock', 'ask')`), 'lease_unavailable')
  assert.equal(codeWith(`globalThis[Symbol.for('beam-deploy.parent-child')] = {}`), 'lease_unavailable')
})

test('a program that asks before it becomes the parent is not started', async t => {
  const program = await startRunnerProgram(t, '1.0.0', {
    parentChildren: `({ beam }) => { beam.lease('a', () => {}); return [] }`,
  })
  assert.equal((await program.ended).code, 1)
  assert.match(program.output(), /lease\(\) was called before start\(\)/)
})

test('a parent that knows no leases is named as the reason', () => {
  const older = `globalThis[Symbol.for('beam-deploy.peer')] = { exchange: () => ({}) }`
  assert.equal(codeWith(older), 'incompatible_protocol')
})

/** The code of the refusal in a process that was prepared so. */
function codeWith(prepare: string): string {
  const program = `${prepare}
    const { lease } = await import(${JSON.stringify(LIBRARY)})
    try { lease('a', () => {}); console.log('asked') } catch (error) { console.log(error.code) }`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return stdout.trim()
}
