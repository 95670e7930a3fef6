import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { leaseNotesFolder } from '../rpc/lease-contracts.ts'
import { namesIn } from './names-in.ts'
import { identify, isAlive, killRestOf, nameOf, type ProcessId, parseName } from './process-id.ts'

/** A lease that a peer of a parent that was killed holds until it lets go or is gone. */
export interface LeftLease {
  name: string
  /** `<generation>.<slot>` under that parent. */
  peer: string
  pid: number
}

interface WrittenNote {
  name: string
  peer: string
  /** As `process-id.ts` writes it. */
  process: string
  /** Milliseconds that the peer may outlive its parent by; `null`: any time. */
  shutdownTimeout: number | null
}

export type LeaseToNote = LeftLease & Pick<WrittenNote, 'shutdownTimeout'>

/** Rather whole or not at all: who reads it may come after a crash. Throws where it cannot be written. */
export function writeLeaseNote(note: string, { pid, ...what }: LeaseToNote): void {
  const written: WrittenNote = { ...what, process: nameOf(identify(pid)) }
  mkdirSync(dirname(note), { recursive: true })
  // Not beside it, where it would be taken for another note; one parent at a time writes here.
  const draft = join(dirname(dirname(note)), '.lease-note')
  writeFileSync(draft, JSON.stringify(written))
  renameSync(draft, note)
}

export const removeLeaseNote = (note: string): void => rmSync(note, { force: true })

/** A note that an earlier parent left, with its process. */
export interface LeaseNote extends LeaseToNote {
  process: ProcessId
  path: string
}

export function readLeaseNotes(stateDir: string): LeaseNote[] {
  const folder = leaseNotesFolder(stateDir)
  return namesIn(folder).flatMap(file => {
    const path = join(folder, file)
    const note = readNote(path)
    const process = note && parseName(note.process)
    if (process) return [{ ...note, pid: process.pid, process, path }]
    removeLeaseNote(path)
    return []
  })
}

/** Whether the process that a note tells of holds its lease no longer. What such a process has started, and left behind, is ended. */
export function isOver({ process, path }: LeaseNote): boolean {
  if (readNote(path) === null) return true
  if (isAlive(process)) return false
  killRestOf(process)
  removeLeaseNote(path)
  return true
}

/** `null` for what is none, or was taken away at this moment. */
function readNote(path: string): WrittenNote | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as WrittenNote
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
