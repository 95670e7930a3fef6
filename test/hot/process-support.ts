import {
  type Files,
  type HotProgram,
  type HotProgramOptions,
  startHotProgram,
} from '../support/hot-program.ts'
import type { Scope } from '../support/scope.ts'

/** A program that can import `beam-deploy/process`. */
export const startWithProcesses = (
  t: Scope,
  files: Files,
  options: HotProgramOptions = {},
): Promise<HotProgram> => startHotProgram(t, files, { packages: ['beam-deploy'], ...options })

/** The options of the process `counter`, as text: `increment` counts in steps, `late` when `globalThis.open()` is called. */
export const counterOptions = (version: string, step: number, more = '') => `{
    name: 'counter',
    version: '${version}',
    init: () => ({ count: 0, begunAs: '${version}' }),
    calls: {
      increment(state) { state.count += ${step}; return state.count },
      async late(state, by) { await globalThis.gate; state.count += by; return [by, ${step}] },
      get: state => ({ ...state }),
    },
    casts: { push: (state, item) => { state.items = [...(state.items ?? []), item + '/${version}'] } },
    ${more}
  }`

export const IMPORT = `import { defineProcess } from 'beam-deploy/process'\n`

export const counterModule = (version: string, step: number, more = '') =>
  `${IMPORT}export const counter = defineProcess(${counterOptions(version, step, more)})`

/** Says from which version it came. */
export const CODE_CHANGE = `codeChange: (from, state, extra) => ({ ...state, from, extra }),`

/** Starts two processes at its top, and keeps their handles. */
export const ENTRY = `
  import { counter } from './counter.js'
  import { processes } from 'beam-deploy/process'
  globalThis.untilSuspended = async () => {
    while (!processes().some(({ state }) => state === 'suspended')) await new Promise(setImmediate)
  }
  globalThis.gate = new Promise(open => { globalThis.open = open })
  await counter.start()
  globalThis.kept = counter
  globalThis.other = await counter.instance('other').start()`
