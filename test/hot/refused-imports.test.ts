import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import { assertRefused, type ExpectedReason } from '../support/hot-refusals.ts'

const APP = { 'app.js': `import './m.js'` }
const LOOK = `const m = await load('./m.js'); return [Object.keys(m), m.f()]`

const PACKAGE = {
  'node_modules/pkg/package.json':
    '{ "name": "pkg", "version": "1.0.0", "exports": { "import": "./i.mjs" } }',
  'node_modules/pkg/i.mjs': `globalThis.order = [...(globalThis.order ?? []), 'pkg']; export const x = 'x of pkg'`,
}

const cases: Record<string, { changes: Record<string, string>; reason: ExpectedReason; atCommit?: true }> = {
  'a name that another module does not export': {
    changes: {
      'm.js': `\nimport { nope } from './n.js'\nexport const f = () => nope`,
      'n.js': 'export const yes = 1',
    },
    reason: {
      at: 'm.js:2',
      says: /imports `nope` from '.\/n.js', which does not export that/,
      remedy: /Correct/,
    },
  },
  'a name that is only passed on': {
    changes: {
      'm.js': `export const f = () => 2\nexport { nope } from './n.js'`,
      'n.js': 'export const yes = 1',
    },
    reason: { at: 'm.js:2', says: /imports `nope` from '.\/n.js', which does not export that/ },
  },
  'a file that is not there': {
    changes: { 'm.js': `import './gone.js'\nexport const f = () => 2` },
    reason: { at: 'm.js:1', says: /imports '.\/gone.js', which is not in the release/ },
  },
  'a name that Node.js does not have': {
    changes: { 'm.js': `import { nope } from 'node:fs'\nexport const f = () => nope` },
    reason: { at: 'm.js:1', says: /imports `nope` from 'node:fs'/ },
  },
  'a module that Node.js does not have': {
    changes: { 'm.js': `import nope from 'node:no-such-module'\nexport const f = () => nope` },
    reason: { at: 'm.js:1', says: /which this Node.js does not have/ },
  },
  'a package that is not there': {
    changes: { 'm.js': `import nope from 'no-such-package'\nexport const f = () => nope` },
    reason: { at: 'm.js:1', says: /no package `no-such-package`/, remedy: /dependencies/ },
  },
  'a name that a package does not export': {
    changes: {
      'm.js': `import { nope } from 'quiet'\nexport const f = () => nope`,
      'node_modules/quiet/package.json': '{ "name": "quiet", "main": "i.js" }',
      'node_modules/quiet/i.js': `exports.yes = 1`,
    },
    reason: { at: 'm.js:1', says: /imports `nope` from 'quiet', which does not export that/ },
    atCommit: true,
  },
  'a package that cannot be loaded': {
    changes: {
      'm.js': `\nimport { x } from 'broken'\nexport const f = () => x`,
      'node_modules/broken/package.json': '{ "name": "broken", "type": "module", "main": "i.js" }',
      'node_modules/broken/i.js': `export const x = 1; throw new Error('on its way up')`,
    },
    reason: { at: 'm.js:2', says: /imports 'broken', which cannot be loaded: on its way up/ },
    atCommit: true,
  },
  'a new module that waits': {
    changes: {
      'm.js': `import { x } from './waits.js'\nexport const f = () => x`,
      'waits.js': `const y = 1\nexport const x = await Promise.resolve(y)`,
    },
    reason: { at: 'waits.js:2', says: /new module, and waits with `await`/, remedy: /upgrade\(\)/ },
  },
  'a new module with a package that waits': {
    changes: {
      'm.js': `import { x } from './new.js'\nexport const f = () => x`,
      'new.js': `export { x } from 'waits'`,
      'node_modules/waits/package.json': '{ "name": "waits", "type": "module", "main": "i.js" }',
      'node_modules/waits/i.js': `export const x = await Promise.resolve(6)`,
    },
    reason: { at: 'new.js:1', says: /imports 'waits', which waits with `await`/, remedy: /import\(\)/ },
    atCommit: true,
  },
}

/** Tells when it runs. */
const pack = (name: string, text: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({
    name,
    version: '1.0.0',
    type: 'module',
    main: 'i.js',
  }),
  [`node_modules/${name}/i.js`]: `globalThis.ran = [...(globalThis.ran ?? []), '${name}']; ${text}`,
})

const APART: Record<string, string> = {
  ...pack('good', `export const x = 1`),
  ...pack('waits', `export const x = await Promise.resolve(1)`),
  ...pack('unlinked', `import { nope } from 'good'; export const x = nope`),
  'node_modules/old/package.json': '{ "name": "old", "version": "1.0.0" }',
  'node_modules/old/index.js': `globalThis.ran = [...(globalThis.ran ?? []), 'old']; exports.x = 1`,
}

const unlinkable: Record<string, { files: Record<string, string>; reasons: ExpectedReason[] }> = {
  'names that packages do not export': {
    files: {
      'm.js': `import { x } from 'good'\nimport { nope } from 'good'\nimport { nope as other } from 'old'\nexport const f = () => x + nope`,
    },
    reasons: [
      { at: 'm.js:2', says: /imports `nope` from 'good', which does not export that/ },
      { at: 'm.js:3', says: /imports `nope` from 'old', which does not export that/ },
    ],
  },
  'a package that cannot be linked': {
    files: {
      'm.js': `import { x } from 'old'\nimport * as all from 'unlinked'\nexport const f = () => x + all.x`,
    },
    reasons: [
      { at: 'm.js:2', says: /imports 'unlinked', which cannot be loaded: .*'good' does not provide .*nope/ },
    ],
  },
  'a new module with a package that waits': {
    files: {
      'm.js': `import { x } from 'good'\nimport { y } from './new.js'\nexport const f = () => x + y`,
      'new.js': `import 'old'\nexport { x as y } from 'waits'`,
    },
    reasons: [{ at: 'new.js:2', says: /imports 'waits', which waits with `await`/ }],
  },
}

for (const [name, { files, reasons }] of Object.entries(unlinkable))
  test(`refused before anything of the packages has run: ${name}`, async t => {
    const program = await assertRefused(t, {
      files: { ...APP, 'm.js': `export const f = () => 1` },
      changes: { ...APART, ...files },
      look: `${LOOK.replace('return', 'return [globalThis.ran ?? [],')}]`,
      reasons,
      atCommit: 'incompatible_change',
    })
    await program.upgrade({
      ...APART,
      'm.js': `import { x } from 'good'\nimport old from 'old'\nexport const f = () => x + old.x`,
    })
    assert.deepEqual(await program.run(`return [ran, (await load('./m.js')).f()]`), [['good', 'old'], 2])
  })

for (const [name, { changes, reason, atCommit }] of Object.entries(cases))
  test(`refused, and nothing changed: ${name}`, async t => {
    await assertRefused(t, {
      files: { ...APP, 'm.js': `export const f = () => 1`, ...PACKAGE },
      changes,
      look: LOOK,
      reasons: [reason],
      ...(atCommit && { atCommit: 'incompatible_change' }),
    })
  })

test('refused: an export is gone that a module which did not change imports, through another one', async t => {
  await assertRefused(t, {
    files: {
      ...APP,
      'm.js': `// It did not change.\nimport { g } from './all.js'\nexport const f = () => g()`,
      'all.js': `export * from './n.js'`,
      'n.js': `export const g = () => 1\nexport const h = 2`,
    },
    changes: { 'n.js': `const g = () => 1\nexport const h = 2` },
    look: LOOK,
    reasons: [{ at: 'm.js:2', says: /imports `g` from '.\/all.js', which does not export that/ }],
  })
})

test('refused: an ES module imports what a CommonJS module does not export any more', async t => {
  await assertRefused(t, {
    files: {
      ...APP,
      'm.js': `import { g } from './n.cjs'\nexport const f = () => g()`,
      'n.cjs': `exports.g = () => 1\nexports.h = 2`,
    },
    changes: { 'n.cjs': `exports.h = 2` },
    look: LOOK,
    reasons: [{ at: 'm.js:1', says: /imports `g` from '.\/n.cjs', which does not export that/ }],
  })
})

test('what is newly imported for its effect alone is loaded, in order', async t => {
  const program = await startHotProgram(t, { ...APP, 'm.js': `export const f = () => 1`, ...PACKAGE })
  await program.upgrade({
    'm.js': `import 'pkg'\nimport './second.js'\nimport './first.js'\nexport { x } from 'pkg'\nexport const f = () => 2`,
    'second.js': `import './first.js'\nglobalThis.order.push('second')`,
    'first.js': `globalThis.order.push('first')`,
  })
  assert.deepEqual(await program.run(`return globalThis.order`), ['pkg', 'first', 'second'])
})

test('what only passes on what a package exports is loaded with it', async t => {
  const program = await startHotProgram(t, { ...APP, 'm.js': `export const f = () => 1`, ...PACKAGE })
  await program.upgrade({ 'm.js': `export * from 'pkg'\nexport const f = () => globalThis.order` })
  assert.deepEqual(await program.run(`return (await load('./m.js')).f()`), ['pkg'])
})
