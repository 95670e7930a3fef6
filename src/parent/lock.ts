import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BeamDeployError, isBeamDeployError } from '../errors.ts'
import { unusable } from '../state-dir.ts'
import { namesIn } from './names-in.ts'
import { identify, isAlive, nameOf, parseName } from './process-id.ts'

/** One parent for an application and state folder. */
export interface Lock {
  /** Whether the former holder died without letting go: its peers may still be draining. */
  tookOver: boolean
  release(): void
}

/**
 * Takes the lock, or throws `already_running` with the process id of the one who has it. The lock is a folder with a file
 * named for its holder. A folder can be moved to where none is, or an empty one, and never to where one with a file is: so
 * no two processes can both have it, and whoever finds the file of a dead holder may remove it, since no other has that name.
 */
export function takeLock(stateDir: string, app: string): Lock {
  const folder = join(stateDir, 'parent.lock')
  const name = nameOf(identify(process.pid))
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

function alreadyRunning(app: string, folder: string, pid: number): BeamDeployError {
  return new BeamDeployError(
    'already_running',
    `${app} is running already, with process id ${pid} (${folder}). Use \`beam-deploy upgrade\` to change its release.`,
    { phase: 'configure' },
  )
}
