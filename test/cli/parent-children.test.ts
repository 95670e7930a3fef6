import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, isAlive, run, until, untilGone } from '../parent/support.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { startRunner } from '../support/run-code.ts'

const SESSIONS = `
import { appendFileSync } from 'node:fs'
import { callParent, putHandoff, status } from 'beam-deploy'
const note = text => appendFileSync(process.env.NOTES, 'child ' + text + '\\n')
export async function start() {
  note('sessions start')
  const sessions = new Map()
  return {
    put: (id, session) => void sessions.set(id, session),
    get: id => sessions.get(id),
    pid: () => process.pid,
    knows: async () => [(await status()).app, await callParent('second', 'name'), await putHandoff('from', 'a child')],
    stop: () => note('sessions stop'),
  }
}`

const FILES = {
  'sessions.js': SESSIONS,
  'second.js': `export default { start: () => ({ name: () => 'second' }) }`,
  'broken.js': `export const start = () => { throw new Error('no disk') }`,
}
const release = (t: Parameters<typeof packApp>[0], version: string, names: string[]) =>
  packApp(t, 'runs-code', {
    version,
    files: FILES,
    manifest: { beamDeploy: { parentChildren: names.map(id => ({ id, module: `./${id}.js` })) } },
  })

test('modules of the application are parent children: each a process that no swap touches', async t => {
  const archive = await release(t, '1.0.0', ['sessions', 'second'])
  const app = await startRunner(t, archive, { args: ['--keep-releases', '1'] })
  await app.value(`await beam.callParent('sessions', 'put', 'a', { at: new Date(5) })`)
  const pid = await app.value(`return beam.callParent('sessions', 'pid')`)
  assert.notEqual(pid, app.pid)
  assert.deepEqual(await app.value(`return beam.callParent('sessions', 'knows')`), [
    'runs-code',
    'second',
    null,
  ])
  assert.equal(await app.value(`return beam.getHandoff('from')`), 'a child')
  const { parentChildren } = await app.status()
  assert.deepEqual(
    parentChildren.map(({ id, state }) => [id, state]),
    [
      ['sessions', 'running'],
      ['second', 'running'],
    ],
  )
  assert.match(
    (await app.command('status')).stdout,
    new RegExp(`^parent children\n  sessions +process ${pid} +running$`, 'm'),
  )

  for (const version of ['2.0.0', '3.0.0', '4.0.0'])
    await app.upgrade(await release(t, version, ['sessions', 'second']))
  assert.equal(await app.value('return version'), '4.0.0')
  assert.equal(await app.value(`return (await beam.callParent('sessions', 'get', 'a')).at.getTime()`), 5)
  assert.equal(await app.value(`return beam.callParent('sessions', 'pid')`), pid)

  // Its release is not pruned: it starts again from there.
  process.kill(Number(pid), 'SIGKILL')
  await until(() => /parent child sessions has ended with signal SIGKILL; restarting it/.test(app.output()))
  const next = await app.value(`return beam.callParent('sessions', 'pid')`)
  assert.notEqual(next, pid)
  assert.equal(await app.value(`return (await beam.callParent('sessions', 'get', 'a')) === undefined`), true)
  await app.stop()
  assert.deepEqual(app.notes(), ['child sessions start', 'child sessions start', 'child sessions stop'])
  assert.equal(isAlive(Number(next)), false)
  assert.doesNotMatch(app.output(), /did not stop/)
})

test('one that does not start fails the start, and nothing is left', async t => {
  const archive = await release(t, '1.0.0', ['second', 'broken'])
  const args = ['start', archive, '--port', '0', '--state-dir', tempDir(t), '--json']
  const error = errorOf(await run(t, args, { NOTES: '/dev/null' }))
  assert.equal(error.code, 'parent_child_failed')
  assert.match(error.message, /parent child broken did not start: no disk/)
})

test('a parent that is killed takes its children with it', async t => {
  const app = await startRunner(t, await release(t, '1.0.0', ['sessions']))
  const pid = await app.value(`return beam.callParent('sessions', 'pid')`)
  process.kill(app.pid, 'SIGKILL')
  await untilGone(Number(pid))
  assert.deepEqual(app.notes(), ['child sessions start', 'child sessions stop'])
})
