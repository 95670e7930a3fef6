import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { identify, isAlive, killRestOf } from '../../src/parent/process-id.ts'
import { untilGone } from './support.ts'

const WITHOUT_PROC = process.platform !== 'linux' && 'only Linux tells when a process started'

/** Starts a shell in a group of its own; `printed` is the process id that it prints. */
async function shell(t: TestContext, script: string) {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL')
    } catch {
      // Nobody is left in the group.
    }
  })
  assert.ok(child.stdout)
  const ended = once(child, 'exit')
  const [text] = await once(child.stdout, 'data')
  return { pid: Number(child.pid), printed: Number(text), ended }
}

test('a process that has ended is not alive, though nobody has asked for it', {
  skip: WITHOUT_PROC,
}, async t => {
  // Another program takes the place of the shell, and does not ask.
  const { printed: pid } = await shell(t, 'sleep 0 & echo $!; exec sleep 1000')
  await untilGone(pid)
  assert.match(readFileSync(`/proc/${pid}/stat`, 'utf8'), /\) Z /)
  assert.equal(isAlive(identify(pid)), false)
})

test('a process with the number of another is not that', { skip: WITHOUT_PROC }, () => {
  const self = identify(process.pid)
  assert.ok(isAlive(self))
  assert.ok(!isAlive({ ...self, started: '1' }))
  killRestOf({ ...self, started: '1' })
})

test('what a process that has ended leaves in its group is ended', async t => {
  const { pid: leader, printed: left, ended } = await shell(t, 'sleep 1000 >/dev/null & echo $!')
  await ended
  assert.ok(isAlive(identify(left)))
  killRestOf({ pid: leader, started: '1' })
  await untilGone(left)
})
