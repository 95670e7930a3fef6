import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { errorOf } from '../parent/support.ts'
import { beam } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'

test('a parent of another protocol version is told apart, whatever is asked of it', async t => {
  const stateRoot = await fakeParent(t, (line, answer) => {
    const { i, m } = JSON.parse(line)
    assert.equal(m, 'hello', 'nothing is asked before both speak the same')
    answer(JSON.stringify({ t: 's', i, r: { protocol: 999, pid: 4711, app: 'shop' } }))
  })
  for (const command of [['status'], ['stop'], ['rollback'], ['upgrade', 'x.tgz']]) {
    const error = errorOf(await beam([...command, '--state-dir', stateRoot, '--json']))
    assert.equal(error.code, 'incompatible_protocol')
    assert.match(error.message, /parent of shop \(process 4711\) speaks protocol 999, this command 1/)
    assert.match(error.message, /Use the version of beam-deploy that it was started with/)
  }
})

test('one that does not speak any protocol of ours is hung up on', async t => {
  const stateRoot = await fakeParent(t, (_line, answer) => answer('220 mail.example ready'))
  const error = errorOf(await beam(['status', '--state-dir', stateRoot, '--json']))
  assert.equal(error.code, 'peer_gone')
})

test('one that hangs up is said to be gone', async t => {
  const stateRoot = await fakeParent(t, (_line, _answer, socket) => socket.destroy())
  const error = errorOf(await beam(['status', '--state-dir', stateRoot, '--json']))
  assert.equal(error.code, 'peer_gone')
  assert.match(error.message, /the parent ended before it answered/)
})

test('the versions of this protocol: what an old command says is answered', async t => {
  // As the first version wrote it. Do not change: every parent must understand it.
  const said = '{"m":"hello","a":[1],"t":"q","i":"abc"}'
  let heard = ''
  const stateRoot = await fakeParent(t, (line, _answer, socket) => {
    heard = line
    socket.destroy()
  })
  await beam(['status', '--state-dir', stateRoot, '--json'])
  const { i, ...rest } = JSON.parse(heard)
  const { i: _, ...expected } = JSON.parse(said)
  assert.deepEqual(rest, expected)
  assert.equal(typeof i, 'string')
})

type Script = (line: string, answer: (line: string) => void, socket: net.Socket) => void

/** A state folder where somebody listens in place of a parent. */
async function fakeParent(t: TestContext, script: Script): Promise<string> {
  const stateRoot = tempDir(t)
  mkdirSync(join(stateRoot, 'shop'))
  const server = net.createServer(socket => {
    let text = ''
    socket.on('error', () => undefined)
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.endsWith('\n')) script(text.trimEnd(), line => socket.write(`${line}\n`), socket)
    })
  })
  t.after(() => server.close())
  await new Promise<void>(resolve => server.listen(join(stateRoot, 'shop', 'control.sock'), resolve))
  return stateRoot
}
