import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused, type ExpectedReason } from '../support/hot-refusals.ts'

const text = (code: string, version: number) =>
  `${code}\nexport const f = () => [${version}, typeof a, globalThis.made ?? null, process.env.MODE ?? null]`

/** A package that is called for what it does. */
const SETS = {
  'node_modules/sets/package.json': '{ "name": "sets", "version": "1.0.0", "main": "i.js" }',
  'node_modules/sets/i.js': `exports.config = () => { process.env.MODE = 'set' }`,
}

const APP = { 'app.js': `import './m.js'`, ...SETS }
const LOOK = `return (await load('./m.js')).f()`

const swapped = (says: string, at = 'm.js:1'): ExpectedReason => ({
  at,
  says: new RegExp(`stands before line \\d+ now, which it stood behind, and both use \`${says}\`$`),
  remedy: /Put it back/,
  allow: at,
})
const variable = (says: string, name = 'a', at = 'm.js:1') => ({
  ...swapped(says, at),
  allow: `m.js:${name}`,
})
const added = (says: string, at: string): ExpectedReason => ({
  at,
  says: new RegExp(
    `is new and stands before line \\d+, which has been evaluated without it, and both use \`${says}\`$`,
  ),
  remedy: /Put it behind/,
  allow: at,
})

const refused: Record<string, [before: string[], after: string[], reason: ExpectedReason]> = {
  'an environment variable is read before it is set': [
    [`process.env.MODE = 'x'`, `const a = process.env.MODE`],
    [`const a = process.env.MODE`, `process.env.MODE = 'x'`],
    variable('process.env.MODE'),
  ],
  'the same by a destructuring, and by what Node.js exports': [
    [`import { env } from 'node:process'`, `env.MODE = 'x'`, `const { MODE: a } = process.env`],
    [`import { env } from 'node:process'`, `const { MODE: a } = process.env`, `env.MODE = 'x'`],
    variable('process.env.MODE', 'a', 'm.js:2'),
  ],
  'the whole environment is handed on': [
    [`Object.assign(process.env, { MODE: 'x' })`, `const a = JSON.stringify(process.env)`],
    [`const a = JSON.stringify(process.env)`, `Object.assign(process.env, { MODE: 'x' })`],
    variable('process.env'),
  ],
  'a package that may set the environment': [
    [`import { config } from 'sets'`, `config()`, `const a = process.env.MODE`],
    [`import { config } from 'sets'`, `const a = process.env.MODE`, `config()`],
    variable('process.env.MODE', 'a', 'm.js:2'),
  ],
  'a global is counted by functions that run': [
    [`globalThis.made = 0`, `const next = () => ++globalThis.made`, `const a = next()`, `const b = next()`],
    [`globalThis.made = 0`, `const next = () => ++globalThis.made`, `const b = next()`, `const a = next()`],
    variable('made', 'b', 'm.js:3'),
  ],
  'a statement that sets a global stands behind what has read it': [
    [`globalThis.made = 1`, `const a = [globalThis.made]`],
    [`const a = [globalThis.made]`, `globalThis.made = 1`],
    variable('made'),
  ],
  'a built-in prototype': [
    [`Array.prototype.last = 1`, `const a = [Array.prototype.last]`],
    [`const a = [Array.prototype.last]`, `Array.prototype.last = 1`],
    variable('Array.prototype.last'),
  ],
  'a new statement before what has read': [
    [`const a = process.env.MODE ?? 'none'`],
    [`process.env.MODE ??= 'x'`, `const a = process.env.MODE ?? 'none'`],
    added('process.env.MODE', 'm.js:1'),
  ],
  'a new call of a package that may set the environment': [
    [`const a = [process.env.MODE]`],
    [`import { config } from 'sets'`, `config()`, `const a = [process.env.MODE]`],
    added('process.env.MODE', 'm.js:2'),
  ],
}

for (const [name, [before, after, reason]] of Object.entries(refused))
  test(`refused: ${name}`, async t => {
    await assertRefused(t, {
      files: { ...APP, 'm.js': text(before.join('\n'), 1) },
      changes: { 'm.js': text(after.join('\n'), 2) },
      look: LOOK,
      reasons: [reason],
    })
  })

test('refused: two statements with effects on a global, of which one is found to be gone', async t => {
  await assertRefused(t, {
    files: { ...APP, 'm.js': text(`const a = 1\nglobalThis.made = 1\nconsole.log(globalThis.made)`, 1) },
    changes: { 'm.js': text(`const a = 1\nconsole.log(globalThis.made)\nglobalThis.made = 1`, 2) },
    look: LOOK,
    reasons: [{ at: 'm.js:2', says: /had an effect and is gone/, allow: 'm.js:2' }],
  })
})

const accepted: Record<string, [before: string[], after: string[]]> = {
  'what only reads globals': [
    [`const a = process.env.MODE`, `const b = [process.env.MODE, process.pid, Date.now()]`],
    [`const b = [process.env.MODE, process.pid, Date.now()]`, `const a = process.env.MODE`],
  ],
  'what uses other ones': [
    [`process.env.OTHER = 'x'`, `const a = process.env.MODE`, `process.on('custom', () => 1)`],
    [`const a = process.env.MODE`, `process.env.OTHER = 'x'`, `process.on('custom', () => 1)`],
  ],
  'a global that is used later': [
    [`globalThis.made = 1`, `const a = () => globalThis.made`],
    [`const a = () => globalThis.made`, `globalThis.made = 1`],
  ],
  'a new statement before what is evaluated anew': [
    [`const a = process.env.MODE ?? 'none'`, `const b = [a, process.env.MODE]`],
    [`process.env.MODE = 'x'`, `const a = process.env.MODE ?? 'nothing'`, `const b = [process.env.MODE, a]`],
  ],
  'a new statement with another global, or behind': [
    [`const a = process.env.MODE`],
    [`process.env.OTHER = 'x'`, `const a = process.env.MODE`, `process.env.MODE = 'x'`],
  ],
}

for (const [name, [before, after]] of Object.entries(accepted))
  test(`accepted in another order: ${name}`, async t => {
    const program = await startHotProgram(t, { ...APP, 'm.js': text(before.join('\n'), 1) })
    await program.upgrade({ 'm.js': text(after.join('\n'), 2) })
    assert.equal((await program.run<unknown[]>(LOOK))[0], 2)
  })
