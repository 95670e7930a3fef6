import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { now, pause } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Logger } from './logger.ts'
import { identify, isAlive, killGroup, nameOf, type ProcessId, parseName } from './process-id.ts'

const LOOK_INTERVAL_MS = 50

/**
 * Each peer has a note in this folder, with its process in it. A peer takes it away when it hears that its parent is
 * gone: it then ends by itself. One whose note stays is too busy to hear anything, and holds the endpoints.
 */
const notesFolder = (stateDir: string) => join(stateDir, 'peers')

/** Where the note of a peer stands: no parent before or after this one gives the same name. */
export const noteOf = (stateDir: string, peer: string): string =>
  join(notesFolder(stateDir), `${process.pid}-${peer}`)

export const writeNote = (note: string, pid: number): void =>
  unlessUnwritable(note, () => writeFileSync(note, nameOf(identify(pid))))

export const removeNote = (note: string): void => unlessUnwritable(note, () => rmSync(note, { force: true }))

/** A disk that is full or broken is no reason to do without a peer, nor to end the parent. */
function unlessUnwritable(note: string, change: () => void): void {
  try {
    change()
  } catch (error) {
    process.emitWarning(
      `the note ${note} of a peer could not be kept: ${messageOf(error)}`,
      'BeamDeployWarning',
    )
  }
}

export function makeNotesFolder(stateDir: string): void {
  mkdirSync(notesFolder(stateDir), { recursive: true })
}

/**
 * Resolves when the peers of a parent that was killed have all taken notice; kills those that have not after `patience`
 * milliseconds.
 */
export async function settleOrphans(stateDir: string, patience: number, logger: Logger): Promise<void> {
  const giveUpAt = now() + patience
  for (;;) {
    const orphans = orphansIn(notesFolder(stateDir))
    if (orphans.length === 0) return
    if (now() >= giveUpAt) {
      for (const orphan of orphans) end(orphan, logger)
      return
    }
    await pause(LOOK_INTERVAL_MS)
  }
}

interface Orphan extends ProcessId {
  note: string
}

/** Those that live; the notes of the others are removed. */
function orphansIn(folder: string): Orphan[] {
  return readdirSync(folder).flatMap(name => {
    const note = join(folder, name)
    const id = readNote(note)
    if (id && isAlive(id)) return [{ ...id, note }]
    removeNote(note)
    return []
  })
}

/** `null` for what is none, or was taken away at this moment. */
function readNote(note: string): ProcessId | null {
  try {
    return parseName(readFileSync(note, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function end({ pid, started, note }: Orphan, logger: Logger): void {
  const who = `peer process ${pid}, left by a parent that was killed, takes no notice`
  if (started === null) {
    // It could be anybody's by now.
    logger.warn(`${who}; end it, if it is still one`)
    return
  }
  logger.warn(`${who}; it is killed`)
  killGroup(pid)
  removeNote(note)
}
