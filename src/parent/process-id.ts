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

/** One that has ended, and that nobody has asked for, is not. */
export function isAlive({ pid, started }: ProcessId): boolean {
  if (!exists(pid)) return false
  if (started === null) return true
  const stat = statOf(pid)
  return stat?.started === started && !HAS_ENDED.has(stat.state)
}

/** Ends what a process that is not alive has left in its group, unless its number is another's by now. */
export function killRestOf({ pid, started }: ProcessId): void {
  if (!exists(pid) || (started !== null && statOf(pid)?.started === started)) killGroup(pid)
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
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

/** Zombie, and what comes after that. */
const HAS_ENDED: ReadonlySet<string> = new Set(['Z', 'X'])

const startOf = (pid: number): string | null => statOf(pid)?.started ?? null

/** Fields 3 and 22 of `/proc/<pid>/stat` (proc(5)). */
function statOf(pid: number): { state: string; started: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, started] = [fields[0], fields[19]]
    return state !== undefined && started !== undefined ? { state, started } : null
  } catch {
    return null
  }
}
