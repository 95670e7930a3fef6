import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BeamDeployError } from '../errors.ts'

/** One parent for an application and state folder. */
export interface Lock {
  /** Whether the former holder died without letting go: its peers may still be draining. */
  tookOver: boolean
  release(): void
}

interface Holder {
  pid: number
  /** When the process started, in the kernel's ticks since boot: tells a process from another that has its old id. */
  started: string | null
}

/** Takes the lock, or throws `already_running` with the process id of the one who has it. */
export function takeLock(stateDir: string, app: string): Lock {
  const file = join(stateDir, 'parent.lock')
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Holder))
  try {
    const tookOver = linkOrTakeOver(draft, file, app)
    return { tookOver, release: () => rmSync(file, { force: true }) }
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Linking is atomic and fails where the lock is: no two processes can both have it. */
function linkOrTakeOver(draft: string, file: string, app: string): boolean {
  for (let tookOver = false; ; tookOver = true) {
    try {
      linkSync(draft, file)
      return tookOver
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const held = readIfThere(file)
    if (held === null) continue
    const holder = parseHolder(held)
    if (holder && isAlive(holder)) throw alreadyRunning(app, file, holder.pid)
    removeStale(file, held, draft)
  }
}

/** Between our reading and our removing, another process may have taken over; its lock is then put back. */
function removeStale(file: string, stale: string, draft: string): void {
  const aside = `${draft}.stale`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, file)
  rmSync(aside)
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** `null` for content that is no holder's: a disk that filled up, a file of somebody else. Such a lock holds nothing. */
function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder>
    return typeof holder.pid === 'number' ? { pid: holder.pid, started: holder.started ?? null } : null
  } catch {
    return null
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return started === null || startOf(pid) === started
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)); `null` where there is no such file, as on macOS. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function alreadyRunning(app: string, file: string, pid: number): BeamDeployError {
  return new BeamDeployError(
    'already_running',
    `${app} is running already, with process id ${pid} (${file}). Use \`beam-deploy upgrade\` to change its release.`,
    { phase: 'configure' },
  )
}
