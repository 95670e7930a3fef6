import { rmSync } from 'node:fs'
import { messageOf } from '../errors.ts'

/** Tells the next parent that this peer has heard of the end of its own, and ends by itself. */
export function takeAway(note: string): void {
  try {
    rmSync(note, { force: true })
  } catch (error) {
    process.emitWarning(`the note ${note} could not be removed: ${messageOf(error)}`, 'BeamDeployWarning')
  }
}
