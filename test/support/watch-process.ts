import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Scope } from './scope.ts'

export interface WatchedProcess {
  pid: number
  /** Everything it printed so far. */
  output(): string
  kill(signal: NodeJS.Signals): void
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Follows a process, and ends it after the test with `last`. */
export function watchProcess(
  t: Scope,
  child: ChildProcessByStdio<null, Readable, Readable>,
  last: NodeJS.Signals,
): WatchedProcess {
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(resolve => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  t.after(async () => {
    child.kill(last)
    await ended
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return { pid: child.pid ?? -1, output: () => output, kill: signal => void child.kill(signal), ended }
}
