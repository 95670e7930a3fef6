import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { HotReason } from '../../src/rpc/hot-contracts.ts'
import { type HotProgram, type ProgramError, startHotProgram } from '../support/hot-program.ts'
import { tempDir } from '../support/pack-app.ts'

const APP = { 'app.js': `export const f = () => 'v1'` }
const F = `return (await load('./app.js')).f()`

/** Writes a release over what is in a folder. */
function lay(dir: string, files: Record<string, string>): void {
  const manifest = JSON.stringify({ name: 'hot-program', version: '2.0.0', type: 'module' })
  for (const [path, text] of Object.entries({ 'package.json': manifest, ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
}

const from = (program: HotProgram, dir: string) => program.run<object>(`return beam.hotUpgrade(given)`, dir)

async function refusedFrom(program: HotProgram, dir: string): Promise<ProgramError> {
  return from(program, dir).then(
    () => assert.fail('not refused'),
    (error: ProgramError) => error,
  )
}

const reasonsOf = (reasons: HotReason[] | undefined) =>
  reasons?.map(({ module, message, remedy }) => `${module}: ${message}. ${remedy}`)

const ELSEWHERE =
  'Lay the release in a folder that was not used before (with a parent: give it another version), or use `upgrade()`.'

const NEW = (text: string, more = '') => ({
  'app.js': `import { x } from './new.js'\nexport const f = () => 'v2 ' + x\n${more}`,
  'new.js': text,
})
const PACKAGE = (text: string) => ({
  'app.js': `import { x } from 'pkg'\nexport const f = () => 'v2 ' + x`,
  'node_modules/pkg/package.json': '{ "name": "pkg", "version": "1.0.0", "type": "module", "main": "i.js" }',
  'node_modules/pkg/i.js': text,
})

test('a new module of an upgrade that was undone is not loaded anew from its place: refused there, and good elsewhere', async t => {
  const program = await startHotProgram(t, APP)
  const dir = tempDir(t)
  lay(dir, NEW('export const x = 1', 'throw new Error("no")'))
  assert.match(
    (await refusedFrom(program, dir)).message,
    /it threw when it was evaluated: no; all is as before$/,
  )
  lay(dir, NEW('export const x = 2'))
  const { code, reasons } = await refusedFrom(program, dir)
  assert.equal(code, 'incompatible_change')
  assert.deepEqual(reasonsOf(reasons), [
    `new.js: it was loaded from here for an upgrade that was undone, and its statements would not run once more. ${ELSEWHERE}`,
  ])
  const other = tempDir(t)
  lay(other, NEW('export const x = 2'))
  await from(program, other)
  assert.equal(await program.run(F), 'v2 2')
})

test('the same for one that could not be loaded', async t => {
  const program = await startHotProgram(t, APP)
  const dir = tempDir(t)
  lay(dir, NEW('export const x = 1\nthrow new Error("no")'))
  assert.match((await refusedFrom(program, dir)).message, /new\.js:2: it could not be loaded: no/)
  lay(dir, NEW('export const x = 2'))
  assert.match(
    String(reasonsOf((await refusedFrom(program, dir)).reasons)),
    /^new\.js: it was loaded from here/,
  )
  await program.upgrade(NEW('export const x = 3'))
  assert.equal(await program.run(F), 'v2 3')
})

test('what a new module has done before an upgrade is undone is ended, or named', async t => {
  const program = await startHotProgram(t, APP)
  const text = `export const x = 1
globalThis.timer = setInterval(() => {}, 1e6)
process.on('custom', () => x)`
  const { message } = await program.refusal(NEW(text, 'throw new Error("no")'))
  assert.match(
    message,
    /undone, but not all of it: new\.js:2 writes into `globalThis`; new\.js:3 calls `process\.on\(\)`\. Use `upgrade\(\)`/,
  )
  assert.equal(await program.run(`return globalThis.timer._destroyed`), true)
  await program.upgrade(NEW('export const x = 2'))
  assert.equal(await program.run(F), 'v2 2')
})

test('a package that was loaded for nothing has to be as it was, where it comes from the same place', async t => {
  const program = await startHotProgram(t, APP)
  const dir = tempDir(t)
  lay(dir, PACKAGE('export const y = 1'))
  assert.match(
    (await refusedFrom(program, dir)).message,
    /imports `x` from 'pkg', which does not export that/,
  )
  lay(dir, PACKAGE('export const x = 2'))
  assert.deepEqual(reasonsOf((await refusedFrom(program, dir)).reasons), [
    `node_modules/pkg/i.js: something else was loaded from here for an upgrade that was undone, and would stay. ${ELSEWHERE}`,
  ])
  const next = tempDir(t)
  lay(next, { ...PACKAGE('export const x = 3'), 'app.js': `${PACKAGE('')['app.js']}\nthrow new Error('no')` })
  assert.match((await refusedFrom(program, next)).message, /no; all is as before/)
  lay(next, PACKAGE('export const x = 3'))
  await from(program, next)
  assert.equal(await program.run(F), 'v2 3')
})

test('the folder that a process runs from is no other release, unless that is allowed', async t => {
  const program = await startHotProgram(t, APP)
  const dir = tempDir(t)
  const change = async (where: string, version: string) => {
    lay(where, { 'app.js': `export const f = () => '${version}'` })
    const { reasons, code } = await refusedFrom(program, where)
    assert.equal(code, 'incompatible_change')
    assert.deepEqual(
      reasons?.map(({ module, allow }) => [module, allow]),
      [['.', '.']],
    )
    await program.run(`return beam.hotUpgrade(given, { allow: ['.'] })`, where)
    assert.equal(await program.run(F), version)
  }
  await change(await program.run<string>(`return process.cwd()`), 'v2')
  lay(dir, { 'app.js': `export const f = () => 'v3'` })
  await from(program, dir)
  await change(dir, 'v4')
})
