import { PARENT } from '../programs.ts'
import type { ParentPlan } from './parent-plan.ts'

/**
 * A parent lives long and does little: what V8 would hold ready to make its code fast is worth more as free memory. It needs no
 * machine code of its own making, either.
 */
const LEAN = ['--jitless', '--single-threaded', '--optimize-for-size', '--expose-gc']

/**
 * Goes on as the parent: the same process, with its id, terminal and standard streams, in a program that has nothing in
 * memory of what the command line needed. `process.execve` is documented, and experimental: where
 * it is not there the same is done with the memory there is.
 */
export async function becomeParent(plan: ParentPlan): Promise<void> {
  if (process.execve) {
    const args = [process.execPath, ...process.execArgv, ...LEAN, PARENT, JSON.stringify(plan)]
    process.execve(process.execPath, args, process.env)
  }
  const { runParent } = await import('./run-parent.ts')
  await runParent(plan)
}
