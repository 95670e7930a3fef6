import type { ChildProcess } from 'node:child_process'
import { killGroup } from './process-id.ts'

export interface ExitStatus {
  code: number | null
  signal: NodeJS.Signals | null
}

/** How long the output of a process that has ended may still come, where something it started keeps its pipes open. */
const LAST_OUTPUT_MS = 250

/** Resolves when a process, and what it started in its group, has ended. */
export function exitOf(child: ChildProcess): Promise<ExitStatus> {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) killGroup(child.pid)
      const timer = setTimeout(resolve, LAST_OUTPUT_MS, { code, signal })
      child.once('close', () => {
        clearTimeout(timer)
        resolve({ code, signal })
      })
    })
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null })
    })
  })
}

export function describeExit({ code, signal }: ExitStatus): string {
  if (signal !== null) return `signal ${signal}`
  return code === null ? 'no exit code: it could not be started' : `exit code ${code}`
}

/** Ends a process and its group at once. */
export function killNow(child: ChildProcess): void {
  // Once it has ended, its process id may be another's.
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) killGroup(child.pid)
}
