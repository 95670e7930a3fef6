import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { takeLock } from '../../src/parent/lock.ts'
import { tempDir } from '../support/pack-app.ts'

const lockOf = (dir: string) => join(dir, 'parent.lock')

/** As a process leaves it that is killed. */
function leaveLock(dir: string, holder: string): void {
  mkdirSync(lockOf(dir))
  writeFileSync(join(lockOf(dir), holder), '')
}

test('a lock that is held is refused with the process id of who holds it, until it is released', t => {
  const dir = tempDir(t)
  const lock = takeLock(dir, 'shop')
  assert.equal(lock.tookOver, false)
  assert.throws(() => takeLock(dir, 'shop'), {
    code: 'already_running',
    message: new RegExp(`^shop is running already, with process id ${process.pid} \\(${lockOf(dir)}\\)`),
  })
  assert.deepEqual(readdirSync(dir), ['parent.lock'])
  lock.release()
  assert.deepEqual(readdirSync(dir), [])
  takeLock(dir, 'shop').release()
})

test('the lock of a process that has ended is taken over', async t => {
  const dir = tempDir(t)
  leaveLock(dir, `${await endedProcess()}.12345`)
  const lock = takeLock(dir, 'shop')
  assert.equal(lock.tookOver, true)
  assert.throws(() => takeLock(dir, 'shop'), { code: 'already_running' })
  lock.release()
  assert.deepEqual(readdirSync(dir), [])
})

test('so is one whose process id another process has by now', { skip: !existsSync('/proc/self/stat') }, t => {
  const dir = tempDir(t)
  leaveLock(dir, `${process.pid}.1`)
  assert.equal(takeLock(dir, 'shop').tookOver, true)
})

test('where no start time is known, the process id alone counts', t => {
  const dir = tempDir(t)
  leaveLock(dir, String(process.pid))
  assert.throws(() => takeLock(dir, 'shop'), { code: 'already_running' })
})

for (const name of ['lost+found', '-1', '12x', '1.2.3', '.nfs0001']) {
  test(`a file that is no holder's (${name}) holds nothing`, t => {
    const dir = tempDir(t)
    leaveLock(dir, name)
    const lock = takeLock(dir, 'shop')
    lock.release()
    assert.deepEqual(readdirSync(dir), [])
  })
}

test('the lock of another is not released', t => {
  const dir = tempDir(t)
  const lock = takeLock(dir, 'shop')
  rmSync(lockOf(dir), { recursive: true })
  leaveLock(dir, '1')
  lock.release()
  assert.deepEqual(readdirSync(lockOf(dir)), ['1'])
})

test('of eight processes that want a lock at once, exactly one has it, also where one is left of a dead process', async t => {
  const contenders = await Promise.all(Array.from({ length: 8 }, () => contender(t)))
  const dead = await endedProcess()
  for (let round = 0; round < 100; round += 1) {
    const dir = tempDir(t)
    if (round % 2 === 1) leaveLock(dir, `${dead}.12345`)
    const answers = await Promise.all(contenders.map(child => ask(child, { take: dir })))
    assert.equal(answers.filter(({ won }) => won).length, 1, JSON.stringify(answers))
    for (const { won, code } of answers) if (!won) assert.equal(code, 'already_running')
    await Promise.all(contenders.map(child => ask(child, {})))
    assert.deepEqual(readdirSync(dir), [])
  }
})

interface Answer {
  won?: boolean
  code?: string
}

async function contender(t: TestContext): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('../fixtures/takes-lock.ts', import.meta.url)), { execArgv: [] })
  t.after(() => child.kill())
  await once(child, 'message')
  return child
}

async function ask(child: ChildProcess, question: object): Promise<Answer> {
  child.send(question)
  const [answer] = await once(child, 'message')
  return answer as Answer
}

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}
