import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { ownEnvironment } from '../own-environment.ts'
import type { UnpackRequest, UnpackResult } from '../rpc/contracts.ts'
import { decodeError, type EncodedError } from '../rpc/errors.ts'
import { draftOf, extractFailed } from './draft.ts'

/** What the program of `unpack-process.ts` prints. */
export type UnpackAnswer = { ok: true; result: UnpackResult } | { ok: false; error: EncodedError }

export interface UnpackInChildOptions {
  /** Path of the program: it differs between the sources and the built package. */
  program: string
  /** Kills the process; the promise then rejects when it is gone and what it wrote is removed. */
  signal?: AbortSignal
}

/** Does what `unpackSource` does in a process of its own, for one that lives long. The same errors. */
export async function unpackInChild(
  request: UnpackRequest,
  { program, signal }: UnpackInChildOptions,
): Promise<UnpackResult> {
  const answer = await run(request, program, signal).catch(async error => {
    await removeTraces(request)
    throw extractFailed(request, error)
  })
  if (answer.ok) return answer.result
  throw decodeError(answer.error)
}

async function run(request: UnpackRequest, program: string, signal?: AbortSignal): Promise<UnpackAnswer> {
  signal?.throwIfAborted()
  const child = spawn(process.execPath, [program, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: ownEnvironment(),
  })
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  try {
    const output = await outputOf(child)
    signal?.throwIfAborted()
    if (output.endsWith('\n')) return JSON.parse(output) as UnpackAnswer
    throw new Error(
      `its process ended with ${child.signalCode ?? `exit code ${child.exitCode}`} and no answer`,
    )
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}

async function outputOf(child: ChildProcess): Promise<string> {
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await once(child, 'close')
  return output
}

/** A process that was killed could not clean up after itself. */
async function removeTraces({ into }: UnpackRequest): Promise<void> {
  for (const path of [draftOf(into), into]) rmSync(path, { recursive: true, force: true })
}
