import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { beam, CLI, freePort, startApp } from '../support/beam.ts'
import { tempDir } from '../support/pack-app.ts'
import { boots, failingUpgrade, get, launch, pack, until } from './support.ts'

const TALKS = {
  'server.js': `
import http from 'node:http'
http.createServer((request, response) => {
  process.stdout.write('to standard output\\n')
  process.stderr.write('to standard error\\n')
  response.end('1.0.0')
}).listen(process.env.PORT)
`,
}

test('what a peer prints goes where its parent prints', async t => {
  const port = await freePort()
  const archive = await pack(t, '1.0.0', { files: TALKS })
  const args = ['start', archive, '--port', String(port), '--state-dir', tempDir(t)]
  const parent = launch(t, args)
  await until(() => get(port, '/').catch(() => null))
  await until(() => /to standard output/.test(parent.stdout()) && /to standard error/.test(parent.output()))
  assert.doesNotMatch(parent.stdout(), /standard error|beam-deploy/)
  parent.signal('SIGTERM')
  await parent.ended
})

test('it comes at once and byte by byte: half a line, half a character, and what is no text', async t => {
  const app = await startInto(t, [])
  const chunks = ['no line yet', 'c3', 'a4', '00ff0a80fe', '0a'].map(chunk =>
    Buffer.from(chunk, /^[0-9a-f]+$/.test(chunk) ? 'hex' : 'utf8'),
  )
  let expected = Buffer.alloc(0)
  for (const chunk of chunks) {
    for (const stream of STREAMS) await app.write(stream, chunk)
    expected = Buffer.concat([expected, chunk])
    await until(() => app.printed('stdout').equals(expected))
    await until(() => app.printed('stderr').subarray(-expected.length).equals(expected))
  }
})

test('--prefix-output says whose each line is, as early; what two peers print does not mix', async t => {
  const app = await startInto(t, ['--prefix-output', '--peers', '2'])
  const [first, second] = await app.pids()
  const steps = [
    [first, 'half', '1.0 | half'],
    [first, ' a line', ' a line'],
    [second, 'b', '\n1.1 | b'],
    [first, 'c\nd\n', '\n1.0 | c\n1.0 | d\n'],
    [second, 'e\n', '1.1 | e\n'],
  ] as const
  let expected = ''
  for (const [pid, text, printed] of steps) {
    for (const stream of STREAMS) await app.write(stream, Buffer.from(text), pid)
    expected += printed
    await until(() => app.printed('stdout').toString() === expected)
    await until(() => app.printed('stderr').toString().endsWith(expected))
  }
})

test('a parent whose output nobody reads any more goes on', async t => {
  const port = await freePort()
  const stateRoot = tempDir(t)
  const archive = await pack(t, '1.0.0', { files: TALKS })
  const parent = launch(t, ['start', archive, '--port', String(port), '--state-dir', stateRoot])
  await until(() => get(port, '/').catch(() => null))
  parent.hangUp()
  for (let request = 0; request < 20; request += 1) assert.equal(await get(port, '/'), '1.0.0')
  const { code } = await beam(['upgrade', archive, '--state-dir', stateRoot])
  assert.equal(code, 0)
  for (let request = 0; request < 20; request += 1) assert.equal(await get(port, '/'), '1.0.0')
  const { stdout } = await beam(['status', '--state-dir', stateRoot, '--json'])
  assert.deepEqual([JSON.parse(stdout).pid, JSON.parse(stdout).generation], [parent.pid, 2])
  assert.equal((await beam(['stop', '--state-dir', stateRoot])).code, 0)
})

test('of a peer that printed much and failed, the error shows the end', async t => {
  const app = await startApp(t, await pack(t, '1.0.0'))
  const prints = boots(`
const lines = Array.from({ length: 100_000 }, (_, index) => \`line \${index + 1}\n\`)
await new Promise(resolve => process.stdout.write(lines.join(''), resolve))
throw new Error('enough')
`)
  const { message, output = '' } = await failingUpgrade(app, await pack(t, '2.0.0', prints))
  assert.match(output, /Error: enough/)
  assert.match(output, /^line 100000$/m)
  assert.ok(output.length <= 8_192 && output.split('\n').length <= 40, `${output.length} characters`)
  assert.ok(message.endsWith(output))
})

const STREAMS = ['stdout', 'stderr'] as const

const PRINTS_WHAT_IT_IS_TOLD = {
  'server.js': `
import http from 'node:http'
http.createServer((request, response) => {
  const { stream, hex, pid } = Object.fromEntries(new URL(request.url, 'http://localhost').searchParams)
  const isMeant = pid === undefined || pid === String(process.pid)
  if (stream && isMeant) process[stream].write(Buffer.from(hex, 'hex'))
  response.end(isMeant ? 'done' : 'ask another')
}).listen(process.env.PORT)
`,
}

/** Starts an application whose parent prints into files: what is read there was not decoded by anybody. */
async function startInto(t: TestContext, args: string[]) {
  const dir = tempDir(t)
  const port = await freePort()
  const archive = await pack(t, '1.0.0', { files: PRINTS_WHAT_IT_IS_TOLD })
  const fds = STREAMS.map(name => openSync(join(dir, name), 'a'))
  const place = ['--state-dir', dir]
  const child = spawn(process.execPath, [CLI, 'start', archive, '--port', String(port), ...place, ...args], {
    stdio: ['ignore', ...fds],
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  for (const fd of fds) closeSync(fd)
  await until(() => get(port, '/').catch(() => null))
  return {
    printed: (stream: (typeof STREAMS)[number]) => readFileSync(join(dir, stream)),
    pids: async () => {
      const { stdout } = await beam(['status', ...place, '--json'])
      return (JSON.parse(stdout) as { peers: { pid: number }[] }).peers.map(({ pid }) => pid)
    },
    /** Has a peer print this: the one that `pid` names, or any. */
    write: async (stream: string, chunk: Buffer, pid?: number) => {
      const query = new URLSearchParams({
        stream,
        hex: chunk.toString('hex'),
        ...(pid && { pid: String(pid) }),
      })
      await until(async () => (await get(port, `/?${query}`)) === 'done')
    },
  }
}
