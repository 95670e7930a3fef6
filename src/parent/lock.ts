import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BeamDeployError, isBeamDeployError } from '../errors.ts'
import { unusable } from '../state-dir.ts'

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

/**
 * Takes the lock, or throws `already_running` with the process id of the one who has it. The lock is a folder with a file
 * named for its holder. A folder can be moved to where none is, or an empty one, and never to where one with a file is: so
 * no two processes can both have it, and whoever finds the file of a dead holder may remove it, since no other has that name.
 */
export function takeLock(stateDir: string, app: string): Lock {
  const folder = join(stateDir, 'parent.lock')
  const name = nameOf({ pid: process.pid, started: startOf(process.pid) })
  const draft = `${folder}.${process.pid}`
  try {
    mkdirSync(draft, { recursive: true })
    writeFileSync(join(draft, name), '')
    let tookOver = false
    while (!moveTo(folder, draft)) if (removeDead(folder, app)) tookOver = true
    return { tookOver, release: () => release(folder, name) }
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw isBeamDeployError(error) ? error : unusable(stateDir, error)
  }
}

function moveTo(folder: string, draft: string): boolean {
  try {
    renameSync(draft, folder)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

/** Whether there was somebody's to remove; throws when one of them is alive. */
function removeDead(folder: string, app: string): boolean {
  const names = namesIn(folder)
  for (const name of names) {
    const holder = parseName(name)
    if (holder && isAlive(holder)) throw alreadyRunning(app, folder, holder.pid)
    rmSync(join(folder, name), { recursive: true, force: true })
  }
  return names.length > 0
}

/** Its file first: from then on the folder is anybody's. */
function release(folder: string, name: string): void {
  rmSync(join(folder, name), { force: true })
  try {
    rmdirSync(folder)
  } catch {
    // It is another's already, or somebody removed it by hand.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const nameOf = ({ pid, started }: Holder) => (started === null ? String(pid) : `${pid}.${started}`)

/** `null` for what is no holder's: it holds nothing. */
function parseName(name: string): Holder | null {
  const [, pid, started = null] = /^(\d+)(?:\.(\d+))?$/.exec(name) ?? []
  return pid === undefined ? null : { pid: Number(pid), started }
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

function alreadyRunning(app: string, folder: string, pid: number): BeamDeployError {
  return new BeamDeployError(
    'already_running',
    `${app} is running already, with process id ${pid} (${folder}). Use \`beam-deploy upgrade\` to change its release.`,
    { phase: 'configure' },
  )
}
