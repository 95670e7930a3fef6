import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { ownEnvironment } from '../own-environment.ts'
import { CONFIG } from '../programs.ts'
import { decodeError, type EncodedError } from '../rpc/errors.ts'
import type { ReleaseConfig } from './config.ts'
import { invalid } from './parse.ts'

/** What the program of `config-process.ts` answers. */
export type ConfigAnswer = { ok: true; config: ReleaseConfig } | { ok: false; error: EncodedError }

/** Milliseconds that a configuration may take. It is code, and may wait for ever. */
const TIMEOUT_MS = 10_000
const ANSWER_FD = 3

/** Runs a configuration that is code, in a process of its own: it may print, end its process, or never end. */
export async function runConfig(path: string, name: string, timeout = TIMEOUT_MS): Promise<ReleaseConfig> {
  const child = spawn(process.execPath, [CONFIG, path, name], {
    // What it prints is for people, and must not mix with what this process prints for machines.
    stdio: ['ignore', process.stderr, process.stderr, 'pipe'],
    env: ownEnvironment(),
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
  const output = await outputOf(child)
  clearTimeout(timer)
  if (!output.endsWith('\n')) throw invalid(`${name} gave no configuration: ${endOf(child, timeout)}.`)
  const answer = JSON.parse(output) as ConfigAnswer
  if (answer.ok) return answer.config
  throw decodeError(answer.error)
}

function endOf({ signalCode, exitCode }: ChildProcess, timeout: number): string {
  if (signalCode === 'SIGKILL') return `it did not end within ${timeout} ms`
  return signalCode === null ? `it ended its process with exit code ${exitCode}` : `${signalCode} ended it`
}

async function outputOf(child: ChildProcess): Promise<string> {
  const pipe = (child.stdio as unknown[])[ANSWER_FD] as Readable
  let output = ''
  pipe.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await once(child, 'close')
  return output
}
