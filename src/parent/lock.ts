import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  const holder = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Holder)
  writeFileSync(draft, holder)
  try {
    const tookOver = linkOrTakeOver(draft, file, app)
    return {
      tookOver,
      release: () => {
        if (readIfThere(file) === holder) rmSync(file)
      },
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

function linkOrTakeOver(draft: string, file: string, app: string): boolean {
  for (let tookOver = false; ; ) {
    if (link(draft, file)) return tookOver
    const held = readIfThere(file)
    if (held === null) continue
    const holder = parseHolder(held)
    if (holder && isAlive(holder)) throw alreadyRunning(app, file, holder.pid)
    if (removeStale(file, held, draft)) tookOver = true
  }
}

/**
 * Removes the lock of a holder that is dead; `false` when another process is about to. Between reading a lock and removing it, somebody
 * else may have removed it and put its own in its place: so only one process at a time may, the one that has the guard.
 */
function removeStale(file: string, stale: string, draft: string): boolean {
  const guard = `${file}.takeover`
  if (!link(draft, guard)) {
    const other = readIfThere(guard)
    const holder = other === null ? null : parseHolder(other)
    // It died within the few microseconds in which it had the guard.
    if (other !== null && !(holder && isAlive(holder))) rmSync(guard, { force: true })
    return false
  }
  try {
    if (readIfThere(file) === stale) rmSync(file)
    return true
  } finally {
    rmSync(guard, { force: true })
  }
}

/** Atomic, and `false` where something is already: no two processes can both have made it. */
function link(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
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
