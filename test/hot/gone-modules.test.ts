import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Files, startHotProgram } from '../support/hot-program.ts'
import { assertRefused } from '../support/hot-refusals.ts'

/** Modules are loaded by the application alone: what a test asks for is asked for by somebody. */
const app = (imports: string, version: number) => `
${imports}
globalThis.look ??= () => [version(), globalThis.trace ?? null]
const version = () => ${version}`

const LOOK = `return globalThis.look()`
const IMPORT = `import './e.js'`
const TIMER = `globalThis.trace = 'on'\nexport const timer = setInterval(() => {}, 60_000)`

const ways: Record<string, { files: Files; changes: Files }> = {
  'and is gone itself': {
    files: { 'app.js': app(IMPORT, 1), 'e.js': TIMER },
    changes: { 'app.js': app('', 2), 'e.js': null },
  },
  'and is still in the release': {
    files: { 'app.js': app(IMPORT, 1), 'e.js': TIMER },
    changes: { 'app.js': app('', 2) },
  },
  'with the one that imported it': {
    files: {
      'app.js': app(`import { x } from './middle.js'`, 1),
      'middle.js': `import './e.js'\nexport const x = 1`,
      'e.js': TIMER,
    },
    changes: { 'app.js': app('', 2) },
  },
  'although it imports in a cycle': {
    files: {
      'app.js': app(`import './middle.js'`, 1),
      'middle.js': `import './e.js'\nexport const x = 1`,
      'e.js': `import { x } from './middle.js'; ${TIMER}`,
    },
    changes: { 'app.js': app('', 2) },
  },
  'since its plugin is gone': {
    files: {
      'app.js': `${app('', 1)}\nconst name = './e.js'\nawait import(name)`,
      'e.js': TIMER,
    },
    changes: { 'e.js': null },
  },
}

for (const [name, { files, changes }] of Object.entries(ways))
  test(`refused: nothing imports a module any more that has begun something, ${name}`, async t => {
    await assertRefused(t, {
      files,
      changes,
      look: LOOK,
      reasons: [
        { at: 'e.js:1', says: /^this statement had an effect and is gone with its module/, allow: 'e.js:1' },
        {
          at: 'e.js:2',
          says: /^`timer` has opened a timer and is gone with its module, which nothing imports/,
          remedy: /upgrade\(\)/,
          allow: 'e.js:timer',
        },
      ],
    })
  })

test('refused: a module with live state is gone', async t => {
  await assertRefused(t, {
    files: {
      'app.js': app(`import { hit } from './counter.js'\nglobalThis.hit = () => hit()`, 1),
      'counter.js': `let n = 0\nexport const hit = () => ++n`,
    },
    changes: { 'app.js': app(`const hit = () => 7\nglobalThis.hit = () => hit()`, 2) },
    first: `globalThis.hit()`,
    look: LOOK,
    reasons: [
      {
        at: 'counter.js:1',
        says: /^`n` holds live state, .* and is gone with its module/,
        allow: 'counter.js:n',
      },
    ],
  })
})

test('a module that nothing imports any more is accepted where it has begun nothing, and named', async t => {
  const program = await startHotProgram(t, {
    'app.js': app(`import { table } from './table.js'`, 1),
    'table.js': `export const table = { a: 1 }\nexport function help() { return table }`,
  })
  const { modules } = await program.upgrade({ 'app.js': app('', 2) })
  assert.deepEqual(
    modules.map(({ module, change }) => [module, change]),
    [
      ['app.js', 'changed'],
      ['table.js', 'removed'],
    ],
  )
  // It is not named again, and may come back.
  const again = await program.upgrade({ 'app.js': app('', 3), 'table.js': null })
  assert.deepEqual(again.moduleNames, ['app.js'])
  await program.upgrade({
    'app.js': app(`import { table } from './table.js'`, 4),
    'table.js': `export const table = { a: 2 }`,
  })
  assert.deepEqual(await program.run(LOOK), [4, null])
})

test('a module that nothing imports any more is told to end what it has begun, and cannot come back', async t => {
  const files = {
    'app.js': app(IMPORT, 1),
    'e.js': `globalThis.trace = 'on'\nimport.meta.hot.dispose(() => { globalThis.trace = 'off' })`,
  }
  const program = await startHotProgram(t, files)
  await program.upgrade({ 'app.js': app('', 2) })
  assert.deepEqual(await program.run(LOOK), [2, 'off'])
  const { reasons } = await program.refusal({ 'app.js': app(IMPORT, 3) })
  assert.deepEqual(
    reasons?.map(({ module, message }) => [module, /was gone since an upgrade before/.test(message)]),
    [['e.js', true]],
  )
  assert.deepEqual(await program.run(LOOK), [2, 'off'])
})

test('what may be imported by an expression counts as imported', async t => {
  const program = await startHotProgram(t, {
    'app.js': `${app('', 1)}\nglobalThis.plugin = name => import(\`./plugins/\${name}.js\`)`,
    'plugins/a.js': `globalThis.trace = 'a'`,
  })
  await program.run(`await globalThis.plugin('a')`)
  const { moduleNames } = await program.upgrade({
    'app.js': `${app('', 2)}\nglobalThis.plugin = name => import(\`./plugins/\${name}.js\`)`,
  })
  assert.deepEqual(moduleNames, ['app.js'])
  assert.deepEqual(await program.run(LOOK), [2, 'a'])
})

test('refused: nothing imports a module any more that an upgrade had brought', async t => {
  const program = await startHotProgram(t, { 'app.js': app('', 1) })
  await program.upgrade({ 'app.js': app(IMPORT, 2), 'e.js': TIMER })
  assert.deepEqual(await program.run(LOOK), [2, 'on'])
  const { reasons } = await program.refusal({ 'app.js': app('', 3) })
  assert.deepEqual(
    reasons?.map(({ allow }) => allow),
    ['e.js:1', 'e.js:timer'],
  )
  assert.deepEqual(await program.run(LOOK), [2, 'on'])
})

test('a module that one of two importers leaves is still imported', async t => {
  const program = await startHotProgram(t, {
    'app.js': app(`import './e.js'\nimport './other.js'`, 1),
    'other.js': `import './e.js'`,
    'e.js': TIMER,
  })
  const { moduleNames } = await program.upgrade({ 'app.js': app(`import './other.js'`, 2) })
  assert.deepEqual(moduleNames, ['app.js'])
})

const PACKAGE = {
  'node_modules/pkg/package.json': '{ "name": "pkg", "version": "1.0.0", "main": "i.js" }',
  'node_modules/pkg/i.js': `globalThis.trace = 'of pkg'`,
}

test('refused: a package that was imported for what it does is imported no more', async t => {
  const program = await assertRefused(t, {
    files: { ...PACKAGE, 'app.js': app(`import 'pkg'`, 1) },
    changes: { 'app.js': app('', 2) },
    look: LOOK,
    reasons: [{ at: 'app.js:2', says: /imports 'pkg' no more, and what that did/, allow: 'app.js:2' }],
  })
  await program.upgrade({ 'app.js': app('', 2) }, { allow: ['app.js:2'] })
  assert.deepEqual(await program.run(LOOK), [2, 'of pkg'])
})

test('another module may import the package in its place; CommonJS may require a module no more that did nothing', async t => {
  const program = await startHotProgram(t, {
    ...PACKAGE,
    'app.js': app(`import 'pkg'\nimport './other.cjs'`, 1),
    'other.cjs': `require('./quiet.cjs')\nexports.x = () => 1`,
    'quiet.cjs': `exports.y = 1`,
  })
  await program.upgrade({
    'app.js': app(`import './other.cjs'`, 2),
    'other.cjs': `require('pkg')\nexports.x = () => 2`,
  })
  assert.deepEqual(await program.run(LOOK), [2, 'of pkg'])
})
