import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'

test('TypeScript of both formats is linked with the exports that there are, also in a file whose name has a space', async t => {
  const program = await startHotProgram(
    t,
    {
      'app.ts': `import './living.ts'; import './lib.cts'; export const go = (file: string) => import(file)`,
      'living.ts': `export const a = (): number => 0`,
      'lib.cts': `exports.f = (): number => 0`,
    },
    { entry: 'app.ts' },
  )
  const run = (file: string, what: string) =>
    program.run(`const module = await (await load('./app.ts')).go(given); return ${what}`, file)
  await program.upgrade({
    'living.ts': `export const a = (): number => 1; export const b: number = 2`,
    'lib.cts': `exports.f = (): number => 1; exports.g = (): number => 2`,
    'late.mts': `
      import { createRequire } from 'node:module'
      import { a, b } from './living.ts'
      import { f, g } from './lib.cts'
      const require = createRequire(import.meta.url)
      export default (): unknown[] => [a(), b, f(), g(), require('./living.ts').b, require('./lib.cts').g()]`,
    'with space.ts': `export { b } from './living.ts'`,
  })
  assert.deepEqual(await run('./late.mts', 'module.default()'), [1, 2, 1, 2, 2, 2])
  assert.equal(await run('./with space.ts', 'module.b'), 2)
  await program.upgrade({
    'living.ts': `export const a = (): number => 3; export const b: number = 4; export const c: number = 5`,
    'with space.ts': `export { b, c } from './living.ts'; export * as all from './living.ts'`,
  })
  assert.deepEqual(await run('./late.mts', 'module.default()'), [3, 4, 1, 2, 4, 2])
  assert.deepEqual(
    await run('./with space.ts', '[module.b, module.c, { ...module.all }.c, module.all.a()]'),
    [4, 5, 5, 3],
  )
})
