import assert from 'node:assert/strict'
import http from 'node:http'
import { join } from 'node:path'
import { notesOf, until } from '../parent/support.ts'
import { type RunningApp, type StartOptions, startApp } from './beam.ts'
import { layOutApp, packApp, tempDir } from './pack-app.ts'
import { type Program, startProgram } from './run-program.ts'
import type { Scope } from './scope.ts'

const FIXTURE = 'runs-code'

/** What a release of the fixture does; each is the text of a function; `healthCheck` may be another value. */
export type Behaviour = Partial<
  Record<
    | 'boot'
    | 'stop'
    | 'signals'
    | 'beforeCutover'
    | 'afterCutover'
    | 'healthCheck'
    | 'parentChildren'
    | 'verify',
    string
  >
>

/** What became of code that ran in a peer. */
export interface Answer {
  value?: unknown
  error?: {
    name: string
    code?: string
    message: string
    cause?: { name: string; message: string; code?: string }
  }
}

export interface Runner {
  /** Runs the body of an async function in the peer that serves, with `beam`, `note` and `kept` in scope. */
  run(code: string): Promise<Answer>
  /** The same; what it throws fails the test. Resolves to what it returned. */
  value(code: string): Promise<unknown>
  /** What releases have noted so far: `<version> <text>`. */
  notes(): string[]
  /** Resolves when a line that matches has been noted. */
  untilNoted(pattern: RegExp): Promise<string>
}

/** Packs the fixture that runs what it is sent. */
export const packRunner = (t: Scope, version: string, behaviour: Behaviour = {}) =>
  packApp(t, FIXTURE, optionsOf(version, behaviour))

/** The same as a folder. */
export const layOutRunner = (t: Scope, version: string, behaviour: Behaviour = {}) =>
  layOutApp(t, FIXTURE, optionsOf(version, behaviour))

const optionsOf = (version: string, behaviour: Behaviour) => ({
  version,
  files: { 'behaviour.js': moduleOf(behaviour) },
})

function moduleOf(behaviour: Behaviour): string {
  return `export default {\n${Object.entries(behaviour)
    .map(([name, code]) => `${name}: ${code},\n`)
    .join('')}}\n`
}

/** Runs an archive of the fixture by `beam-deploy start`; it notes in the file that `NOTES` of the environment names, or in one of its own. */
export async function startRunner(
  t: Scope,
  archive: string,
  options: StartOptions = {},
): Promise<RunningApp & Runner> {
  const file = options.env?.NOTES ?? join(tempDir(t), 'notes')
  const app = await startApp(t, archive, { ...options, env: { ...options.env, NOTES: file } })
  return { ...app, ...runnerOf(app.port, file) }
}

/** Runs the fixture as a program that is its own parent; does not wait until it serves. */
export async function startRunnerProgram(
  t: Scope,
  version: string,
  behaviour: Behaviour,
): Promise<Program & Runner> {
  const program = await startProgram(t, FIXTURE, optionsOf(version, behaviour))
  return { ...program, ...runnerOf(program.port, program.notesFile) }
}

/** Runs code in the peer that answers on `port`; see {@link Runner.run}. */
export const runCode = async (port: number, code: string): Promise<Answer> =>
  JSON.parse(await post(port, code))

function runnerOf(port: number, notesFile: string): Runner {
  const run = (code: string) => runCode(port, code)
  const notes = () => notesOf(notesFile)
  return {
    run,
    value: async code => {
      const { value, error } = await run(code)
      assert.equal(error, undefined, JSON.stringify(error))
      return value
    },
    notes,
    untilNoted: pattern => until(() => notes().find(line => pattern.test(line))),
  }
}

function post(port: number, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/run', method: 'POST', agent: false }
    const request = http.request(options, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more
      })
      response.on('error', reject).on('end', () => resolve(text))
    })
    request.on('error', reject).end(body)
  })
}
