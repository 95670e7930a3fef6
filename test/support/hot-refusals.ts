import assert from 'node:assert/strict'
import type { HotUpgradeOptions } from '../../src/hot-options.ts'
import type { HotReason } from '../../src/rpc/hot-contracts.ts'
import { type Files, type HotProgram, type HotProgramOptions, startHotProgram } from './hot-program.ts'
import type { Scope } from './scope.ts'

/** What a reason has to say. */
export interface ExpectedReason {
  /** Module and line. */
  at: string
  says: RegExp
  remedy?: RegExp
  /** Default: nothing can allow it. */
  allow?: string | null
}

export interface RefusedUpgrade {
  files: Files
  changes: Files
  /** Body of an async function in the program: what can be seen of it. Has to leave it as it is. */
  look: string
  /** All of them, in any order. */
  reasons: ExpectedReason[]
  options?: HotUpgradeOptions
  program?: HotProgramOptions
  /** Body of an async function that runs before anything is upgraded. */
  first?: string
  /** Where only loading and running the new code shows that it cannot be: the plan is `hot`, then, and this the code of the refusal. */
  atCommit?: 'incompatible_change' | 'hot_upgrade_failed'
}

/** In every program: what a good upgrade changes. */
const GOOD = { 'good.js': `export const version = () => 'good 1'` }
const BETTER = { 'good.js': `export const version = () => 'good 2'` }
const GOOD_COMMONJS = { 'good.js': `exports.version = () => 'good 1'` }
const BETTER_COMMONJS = { 'good.js': `exports.version = () => 'good 2'` }

/** What every process has, beside what the application can tell: what listens, what is open, what is global. */
const SURROUNDINGS = `return {
  listeners: process.eventNames().map(name => [String(name), process.listenerCount(name)]).sort(),
  open: process.getActiveResourcesInfo().filter(name => !/PipeWrap|FSReqPromise|Immediate/.test(name)).sort(),
  globals: Object.getOwnPropertyNames(globalThis).sort(),
  folder: process.cwd(),
  hot: globalThis[Symbol.for('beam-deploy.hot')].hotSummary(),
}`

/**
 * Plans and tries an upgrade that has to be refused for these reasons; after each the process has to be as it was, and another upgrade has
 * to work.
 */
export async function assertRefused(
  t: Scope,
  { files, changes, look, reasons, options, program, first, atCommit }: RefusedUpgrade,
): Promise<HotProgram> {
  const commonjs = program?.type === 'commonjs'
  const running = await startHotProgram(t, { ...(commonjs ? GOOD_COMMONJS : GOOD), ...files }, program)
  await running.run(`await load('./good.js')`)
  if (first !== undefined) await running.run(first)
  const before = await seen(running, look)
  const plan = await running.plan(changes, options)
  assert.equal(plan.verdict, atCommit === undefined ? 'blue-green' : 'hot', JSON.stringify(plan.reasons))
  assertReasons(plan.reasons, atCommit === undefined ? reasons : [])
  assert.deepEqual(await seen(running, look), before, 'a plan changes nothing')
  const error = await running.refusal(changes, options)
  assert.equal(error.code, atCommit ?? 'incompatible_change', error.message)
  assertReasons(error.reasons ?? [], reasons)
  for (const { at } of reasons) assert.ok(error.message.includes(at), error.message)
  assert.deepEqual(await seen(running, look), before, 'a refusal changes nothing')
  await running.upgrade(commonjs ? BETTER_COMMONJS : BETTER)
  assert.equal(await running.run(`return (await load('./good.js')).version()`), 'good 2')
  assert.deepEqual(await running.run(look), before.answers, 'an upgrade of another module changes nothing')
  return running
}

const seen = async (program: HotProgram, look: string) => ({
  answers: await program.run(look),
  surroundings: await program.run(SURROUNDINGS),
})

/** Each expected reason is there, and no other. */
export function assertReasons(found: HotReason[], expected: ExpectedReason[]): void {
  const left = [...found]
  for (const { at, says, remedy = /./, allow = null } of expected) {
    const index = left.findIndex(
      reason =>
        placeOf(reason) === at &&
        says.test(reason.message) &&
        remedy.test(reason.remedy) &&
        reason.allow === allow,
    )
    assert.notEqual(index, -1, `no reason at ${at} says ${says}, among ${JSON.stringify(found, null, 2)}`)
    left.splice(index, 1)
  }
  assert.deepEqual(left, [], 'there are other reasons')
}

const placeOf = ({ module, line }: HotReason) => (line === null ? module : `${module}:${line}`)
