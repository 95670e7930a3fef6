import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transformSync } from 'esbuild'
import { startHotProgram } from '../support/hot-program.ts'

/** Frames of the application, by file, line and column. */
const FRAMES = `
  const frames = error => error.stack.split('\\n').filter(line => line.includes('release-')).map(line => line.trim().replace(/(file:\\/\\/)?\\/[^ ]*(release-\\d+)\\//g, '$2/'))`

const APP = (shift: string, n = String(shift.length % 10)) => `${shift}
export const kept = []
export class Box { constructor(a, b = 1) { this.a = a } open() { return fail(this.a, ${n}) } get got() { return fail(2, ${n}) } static make() { return new Box(3).open(${n}) } }
export function fail(what) { throw new Error(what + '${n}') }
export const arrow = (a = 1) => fail(a, ${n})
export function* generate() { yield fail('g', ${n}) }
export async function later() { await null; return arrow(5, ${n}) }
export async function outer() { await later(${n}) }
export const nested = () => [${n}].map(each => { return fail(each, ${n}) })
`

const SEE = `${FRAMES}
  const app = await load('./app.js')
  const { arrow, generate, outer, nested } = app
  const seen = []
  const box = globalThis.box ??= new app.Box(1)
  for (const call of [() => box.open(), () => box.got, () => app.Box.make(), () => arrow(), () => [...generate()], () => outer(), () => nested()])
    try { await call() } catch (error) { seen.push(frames(error)) }
  return seen`

test('after an upgrade stack traces show file, line and column of the new release, and nothing in between', async t => {
  const program = await startHotProgram(t, { 'app.js': APP('') })
  const before = await program.run<string[][]>(SEE)
  assert.ok(before.every(frames => frames.length > 0))
  const shift = '// moved down\n// by two lines'
  for (const release of [2, 3]) {
    await program.upgrade({ 'app.js': APP(shift + '\n'.repeat(release - 2)) })
    const expected = before.map(frames =>
      frames.map(frame =>
        frame.replace(
          /release-1\/app\.js:(\d+)/g,
          (_, line) => `release-${release}/app.js:${Number(line) + release - 1}`,
        ),
      ),
    )
    assert.deepEqual(await program.run(SEE), expected)
  }
})

test('what the application sets as Error.prepareStackTrace is given the places of the new release', async t => {
  const app = (version: number) => `
    Error.prepareStackTrace ??= null
    export function fail(a = ${version}) { return sites(new Error()) }
    export const sites = ({ stack }) => stack
    export const kept = [fail]`
  const program = await startHotProgram(t, { 'app.js': app(1) })
  const sites = () =>
    program.run<string[]>(`
      const { kept } = await load('./app.js')
      const before = Error.prepareStackTrace
      Error.prepareStackTrace = (error, all) => all.slice(0, 1).map(site => [site.getFunctionName(), site.getFileName(), site.getLineNumber(), site.getColumnNumber()].join())
      try { return kept[0]() } finally { Error.prepareStackTrace = before }`)
  const [before] = await sites()
  await program.upgrade({ 'app.js': `\n${app(2)}` })
  const [after] = await sites()
  assert.equal(after, before?.replace('release-1', 'release-2').replace(',3,', ',4,'))
})

test('source maps of the new release are used for what was replaced', async t => {
  const compiled = (source: string) =>
    transformSync(source, {
      loader: 'ts',
      sourcemap: 'inline',
      sourcefile: 'original.ts',
      minifyWhitespace: true,
    }).code
  const source = `interface A { a: number }\n\nexport const fail = (given: A): never => {\n  throw new Error('no ' + given.a)\n}\nexport const kept = [fail]`
  const program = await startHotProgram(
    t,
    { 'app.js': compiled(source) },
    { execArgv: ['--enable-source-maps'] },
  )
  const top = `${FRAMES}
    const [fail] = (await load('./app.js')).kept; try { fail({ a: 1 }) } catch (error) { return frames(error)[0] }`
  assert.equal(await program.run(top), 'at fail (release-1/original.ts:4:9)')
  await program.upgrade({ 'app.js': compiled(`// a line more\n${source.replace('no ', 'never ')}`) })
  assert.equal(await program.run(top), 'at fail (release-2/original.ts:5:9)')
})

test('code of one module that has to be compiled in several places has its own places in the text', async t => {
  const app = (text: string) => `
    class Box {
      #value = 1
      open() { if (this.#value) throw new Error('${text} open') }
    }
    const nested = { fail() { throw new Error('${text} nested') } }
    export function fail() { throw new Error('${text} fail') }
    export const kept = [() => new Box().open(), () => nested.fail(), fail]
    export class Other {
      #value = 2
      open() { if (this.#value) throw new Error('${text} other') }
    }
    kept.push(() => new Other().open())`
  const program = await startHotProgram(t, { 'app.js': app('one') })
  const top = `${FRAMES}
    return (await load('./app.js')).kept.map(fail => { try { fail() } catch (error) { return [error.message, frames(error)[0]] } })`
  const before = await program.run<[string, string][]>(top)
  await program.upgrade({ 'app.js': app('two') })
  const after = before.map(([message, frame]) => [
    message.replace('one', 'two'),
    frame.replace('release-1', 'release-2'),
  ])
  assert.deepEqual(await program.run(top), after)
})
