import { readFileSync } from 'node:fs'

/** Tells a process from another that has its old id. */
export interface ProcessId {
  pid: number
  /** When it started, in the kernel's ticks since boot; `null` where that cannot be known, as on macOS. */
  started: string | null
}

export const identify = (pid: number): ProcessId => ({ pid, started: startOf(pid) })

/** As it is written on disk. */
export const nameOf = ({ pid, started }: ProcessId): string =>
  started === null ? String(pid) : `${pid}.${started}`

/** `null` for what is no name. */
export function parseName(name: string): ProcessId | null {
  const [, pid, started = null] = /^(\d+)(?:\.(\d+))?$/.exec(name) ?? []
  return pid === undefined ? null : { pid: Number(pid), started }
}

export function isAlive({ pid, started }: ProcessId): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return started === null || startOf(pid) === started
}

/** A peer leads a process group, so that what it started itself goes with it. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (error) {
    // Nobody is left in it; where the last one is not yet buried, macOS says EPERM.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)). */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
