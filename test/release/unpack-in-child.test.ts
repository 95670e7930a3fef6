import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { UNPACK } from '../../src/programs.ts'
import { unpackInChild } from '../../src/release/unpack-in-child.ts'
import { application, entry, tar } from '../support/tar-bytes.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

function place(t: TestContext, bytes: Buffer) {
  const folder = temporaryFolder(t)
  const source = join(folder, 'app.tgz')
  writeFileSync(source, bytes)
  const releases = join(folder, 'releases')
  mkdirSync(releases)
  return { folder, releases, request: { source, into: join(releases, '.staging-1') } }
}

/** A program that answers in its own way. */
function programOf(t: TestContext, text: string): string {
  const program = join(temporaryFolder(t), 'program.mjs')
  writeFileSync(program, text)
  return program
}

test('the result is that of the child', async t => {
  const { request } = place(t, tar(...application()))
  const result = await unpackInChild(request, { program: UNPACK })
  assert.equal(result.entry, 'index.js')
  assert.deepEqual(readdirSync(request.into).sort(), ['index.js', 'package.json'])
})

test('the error is that of the child', async t => {
  const { releases, request } = place(t, tar(...application(), entry({ path: '../evil' })))
  await assert.rejects(unpackInChild(request, { program: UNPACK }), error => {
    assert.equal((error as { phase?: string }).phase, 'unpack')
    return assertError(error, 'invalid_release', request.source, '"../evil"')
  })
  assert.deepEqual(readdirSync(releases), [])
})

test('options of the application for Node.js do not reach the child', async t => {
  const { request } = place(t, tar(...application()))
  const before = process.env.NODE_OPTIONS
  t.after(() => {
    if (before === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = before
  })
  process.env.NODE_OPTIONS = '--require=/not/there.js'
  await unpackInChild(request, { program: UNPACK })
})

test('a disk that is full is extract_failed, and nothing stays', async t => {
  const big = entry({ path: 'package/big', content: randomBytes(4_000_000) })
  const { releases, request } = place(t, tar(...application(), big))
  // A limit on the size of files fails a write in the middle, as a full disk does.
  const program = programOf(
    t,
    `import { spawnSync } from 'node:child_process'
     const limited = ['-c', 'trap "" XFSZ; ulimit -f 1000; exec "$0" "$@"', process.execPath, ${JSON.stringify(UNPACK)}]
     spawnSync('sh', [...limited, process.argv[2]], { stdio: 'inherit' })`,
  )
  const run = unpackInChild(request, { program })
  await assert.rejects(run, error =>
    assertError(error, 'extract_failed', request.into, 'EFBIG', 'free space'),
  )
  assert.deepEqual(readdirSync(releases), [])
})

test('a child that dies without an answer leaves nothing', async t => {
  const { releases, request } = place(t, tar(...application()))
  const program = programOf(
    t,
    `import { mkdirSync } from 'node:fs'
     mkdirSync(JSON.parse(process.argv[2]).into + '.part/half', { recursive: true })
     process.kill(process.pid, 'SIGKILL')`,
  )
  const run = unpackInChild(request, { program })
  await assert.rejects(run, error => assertError(error, 'extract_failed', request.source, 'SIGKILL'))
  assert.deepEqual(readdirSync(releases), [])
})

test('a child is killed on abort, and leaves nothing', async t => {
  const { releases, request } = place(t, tar(...application()))
  const abort = new AbortController()
  const program = programOf(
    t,
    `import { mkdirSync } from 'node:fs'
     mkdirSync(JSON.parse(process.argv[2]).into + '.part', { recursive: true })
     setInterval(() => {}, 1000)`,
  )
  const watcher = watch(releases)
  t.after(() => watcher.close())
  const run = unpackInChild(request, { program, signal: abort.signal })
  run.catch(() => undefined) // Looked at below.
  await once(watcher, 'change')
  abort.abort(new Error('enough'))
  await assert.rejects(run, error => assertError(error, 'extract_failed', request.source, 'enough'))
  assert.deepEqual(readdirSync(releases), [])
})

test('nothing is started when it is aborted before', async t => {
  const { request } = place(t, tar(...application()))
  const run = unpackInChild(request, {
    program: '/not/there.js',
    signal: AbortSignal.abort(new Error('enough')),
  })
  await assert.rejects(run, error => assertError(error, 'extract_failed', 'enough'))
})
