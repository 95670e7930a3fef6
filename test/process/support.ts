import type { TestContext } from 'node:test'
import { BeamDeployError } from '../../src/errors.ts'
import { defineProcess, next } from '../../src/process.ts'
import { PROCESS_GLOBAL, type ProcessTable, type Staging } from '../../src/rpc/process-contracts.ts'

let names = 0

/** A name that no other test uses. */
export function unique(name: string): string {
  names += 1
  return `${name}-${names}`
}

/** A process that most tests can use; its handlers wait for what they are told to wait for. */
export function defineCounter(version = '1', name = unique('counter')) {
  const log: string[] = []
  const process = defineProcess({
    name,
    version,
    init: (count?: number) => ({ count: count ?? 0 }),
    calls: {
      add(state, by: number) {
        state.count += by
        return state.count
      },
      get: state => state.count,
      async addLater(state, by: number, when: Promise<unknown>) {
        log.push(`begin ${by}`)
        const { count } = state
        await when
        state.count = count + by
        log.push(`end ${by}`)
        return state.count
      },
      replace: (state, count: number) => next({ count }, `was ${state.count}`),
      fail(state, error: unknown) {
        state.count += 1
        throw error
      },
    },
    casts: {
      note: (state, text: string) => void log.push(`${text} ${state.count}`),
      set: (_state, count: number) => next({ count }),
      async wait(_state, when: Promise<unknown>) {
        await when
      },
      fail(_state, error: unknown) {
        throw error
      },
    },
  })
  return { process, log, name }
}

/** What a promise rejects with, which must be an error of ours. */
export async function refusal(promise: Promise<unknown>): Promise<BeamDeployError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof BeamDeployError) return error
    throw error
  }
  throw new Error('this was not refused')
}

export const hotTable = (): ProcessTable =>
  (globalThis as { [PROCESS_GLOBAL]?: ProcessTable })[PROCESS_GLOBAL] as ProcessTable

/** A staging that is ended after the test. */
export function stage(t: TestContext): Staging {
  const staging = hotTable().stage()
  t.after(() => staging.end())
  return staging
}

/** No upgrade has replaced the code of anything. */
export const asIs = <Code>(code: Code): Code => code

/** Everything that was promised so far has happened. */
export const settled = () => new Promise(resolve => setImmediate(resolve))

/** The warnings that come during a test. */
export function warnings(t: TestContext): string[] {
  const seen: string[] = []
  const listen = (warning: Error) => void seen.push(warning.message)
  process.on('warning', listen)
  t.after(() => process.off('warning', listen))
  return seen
}
