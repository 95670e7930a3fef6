import assert from 'node:assert/strict'
import { cpSync, globSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pack } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'

/** The compiled files of a release, by what the file system calls them; without what hot loading keeps there for itself. */
function compiledOf({ stateDir }: RunningApp, id: string): Map<string, number> {
  const dir = join(stateDir, 'releases', id, '.beam-deploy/compile-cache')
  const files = globSync('*/**/*', { cwd: dir }).filter(file => statSync(join(dir, file)).isFile())
  return new Map(files.map(file => [file, statSync(join(dir, file)).ino]))
}

const another = (value: number) => ({ files: { 'before-listen.js': `globalThis.another = ${value}` } })

test('a release inherits what was compiled of the files that it shares, and keeps what it compiles itself', async t => {
  const app = await startApp(t, await pack(t, '1.0.0', another(1)))
  const { release: second } = await app.upgrade(await pack(t, '2.0.0', another(2)))
  const [first] = (await app.status()).history.flatMap(({ action, to }) =>
    action === 'start' && to ? [to] : [],
  )
  const inFirst = compiledOf(app, String(first))
  const inSecond = compiledOf(app, second.id)
  assert.ok(inFirst.size >= 2, `${inFirst.size} files were compiled`)
  assert.deepEqual([...inSecond.keys()], [...inFirst.keys()])
  const own = [...inSecond].filter(([file, inode]) => inFirst.get(file) !== inode)
  assert.equal(own.length, 1, 'the one that changed')

  // What changed once is inherited, too.
  const { release: third } = await app.upgrade(await pack(t, '3.0.0', another(2)))
  assert.deepEqual([...compiledOf(app, third.id)], [...inSecond])
  assert.deepEqual(readdirSync(join(app.stateDir, 'boot')), [])
})

test('what a former upgrade could not remove does not stand in the way of the next', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const [first] = readdirSync(join(app.stateDir, 'releases'))
  cpSync(
    join(app.stateDir, 'releases', String(first), '.beam-deploy/compile-cache'),
    join(app.stateDir, 'boot/compile-cache'),
    { recursive: true },
  )
  await app.upgrade(await pack(t, '2.0.0'))
  assert.deepEqual(readdirSync(join(app.stateDir, 'boot')), [])
})

test('what was gathered for a release that is refused is removed', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const result = await app.command('upgrade', join(app.stateRoot, 'nothing.tgz'))
  assert.notEqual(result.code, 0)
  assert.deepEqual(readdirSync(join(app.stateDir, 'boot')), [])
})
