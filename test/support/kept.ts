import assert from 'node:assert/strict'
import { type HotProgram, type ProgramError, startHotProgram } from './hot-program.ts'
import type { Scope } from './scope.ts'

export type Version = 'v1' | 'v2' | 'v3'
export type Format = 'module' | 'commonjs'

export const FORMATS: { type: Format; name: string }[] = [
  { type: 'module', name: 'ES modules' },
  { type: 'commonjs', name: 'CommonJS' },
]

/** The third text is another one, the fourth the first again: what was replaced is replaced by what it was. */
const ROAD: Version[] = ['v1', 'v2', 'v3', 'v1', 'v2']

/** Something that is kept from the first version on. */
export interface Kept {
  name: string
  /** A module of each version, without what it exports. */
  body(version: Version): string
  exports: string
  /** Runs once, in the first version, with `m`, what the module exports; gives what is kept. */
  keep: string
  /** Runs in each version, with `m` and `k`, what was kept. */
  see: string
  /** What it gives then; `step` counts the versions from 0. */
  expect(version: Version, step: number): unknown
}

const fileOf = ({ name }: Pick<Kept, 'name'>) => `${name.replaceAll(/\W+/g, '-')}.js`

function textOf({ body, exports }: Kept, version: Version, type: Format): string {
  const list = type === 'module' ? `export { ${exports} }` : `module.exports = { ${exports} }`
  return `${body(version)}\n${list}\n`
}

async function start(t: Scope, kinds: Kept[], type: Format): Promise<HotProgram> {
  const load = (kind: Kept) =>
    type === 'module' ? `import './${fileOf(kind)}'` : `require('./${fileOf(kind)}')`
  const program = await startHotProgram(
    t,
    {
      'app.js': `${kinds.map(load).join('\n')}\nconst started = () => 'no'`,
      ...Object.fromEntries(kinds.map(kind => [fileOf(kind), textOf(kind, 'v1', type)])),
    },
    { type },
  )
  // With an upgrade the start is over: what runs from now on is no part of what statements that wait have done.
  await program.upgrade({ 'app.js': `${kinds.map(load).join('\n')}\nconst started = () => 'yes'` })
  for (const kind of kinds)
    await program.run(
      `const m = await load('./${fileOf(kind)}')
      globalThis.kept ??= {}
      globalThis.kept['${kind.name}'] = await (async () => { ${kind.keep} })()`,
    )
  return program
}

const look = (program: HotProgram, kind: Kept) =>
  program.run(
    `const m = await load('./${fileOf(kind)}')
    const k = globalThis.kept['${kind.name}']
    ${kind.see}`,
  )

/** What is kept runs the code of each version in turn, through several upgrades. */
export async function staysCurrent(t: Scope, kinds: Kept[], type: Format): Promise<void> {
  const program = await start(t, kinds, type)
  for (const [step, version] of ROAD.entries()) {
    if (step > 0)
      await program.upgrade(
        Object.fromEntries(kinds.map(kind => [fileOf(kind), textOf(kind, version, type)])),
      )
    for (const kind of kinds)
      assert.deepEqual(
        await look(program, kind),
        kind.expect(version, step),
        `${kind.name}, ${version} (${step})`,
      )
  }
}

/** The upgrade is refused, and what is kept is as it was. */
export async function isRefused(t: Scope, kind: Kept, type: Format): Promise<ProgramError> {
  const program = await start(t, [kind], type)
  assert.deepEqual(await look(program, kind), kind.expect('v1', 0))
  const error = await program.refusal({ [fileOf(kind)]: textOf(kind, 'v2', type) })
  assert.equal(error.code, 'incompatible_change')
  for (const { module, line, remedy } of error.reasons ?? []) {
    assert.equal(module, fileOf(kind))
    assert.ok(line !== null && line > 0)
    assert.notEqual(remedy, '')
  }
  assert.deepEqual(await look(program, kind), kind.expect('v1', 1))
  return error
}
