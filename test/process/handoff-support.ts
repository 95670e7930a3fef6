import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { notesOf, until } from '../parent/support.ts'
import { type RunningApp, type StartOptions, startApp } from '../support/beam.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { type Answer, runCode } from '../support/run-code.ts'

/** A later version of the processes of the fixture; what is in `spec` takes the place of what the first has. */
export const laterProcesses = (version: string, spec = '', more = '') => `
import { appendFileSync } from 'node:fs'
import { defineProcess } from 'beam-deploy/process'
export const counter = defineProcess({
  name: 'counter',
  version: '${version}',
  handoff: true,
  init: () => {
    if (process.env.NOTES) appendFileSync(process.env.NOTES, 'init ${version}\\n')
    return { count: 0 }
  },
  calls: {
    increment: state => { state.count += 1; return state.count },
    get: state => state,
  },
  casts: { add: (state, by) => { state.count += by } },
  ${spec}
})
${more}`

/** A `codeChange` that notes in the state from which version it came. */
export const REMEMBERS = `codeChange: (from, state) => ({ ...state, from: [...(state.from ?? []), from] }),`

export const packStateful = (t: TestContext, version: string, processes?: string) =>
  packApp(t, 'stateful-app', { version, ...(processes && { files: { 'processes.js': processes } }) })

export interface StatefulApp extends RunningApp {
  run(code: string): Promise<Answer>
  value(code: string): Promise<unknown>
  notes(): string[]
  /** Resolves when only one generation is left. */
  untilDrained(): Promise<void>
}

export async function startStateful(
  t: TestContext,
  archive: string,
  options: StartOptions = {},
): Promise<StatefulApp> {
  const file = join(tempDir(t), 'notes')
  const app = await startApp(t, archive, { ...options, env: { ...options.env, NOTES: file } })
  const run = (code: string) => runCode(app.port, code)
  return {
    ...app,
    run,
    notes: () => notesOf(file),
    value: async code => {
      const { value, error } = await run(code)
      if (error) throw new Error(`${error.name} ${error.code}: ${error.message}\n${app.output()}`)
      return value
    },
    untilDrained: async () => {
      await until(async () => {
        const { peers, generation } = await app.status()
        return peers.every(peer => peer.generation === generation && peer.state === 'serving')
      })
    },
  }
}
