import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A folder of the application's state for what belongs to a swap that is under way: links that stand in for programs, and compiled
 * code on its way to a release.
 */
export const bootFolder = (stateDir: string): string => join(stateDir, 'boot')

/** Empties it too: a process that was killed may have left something. */
export function makeBootFolder(stateDir: string): void {
  rmSync(bootFolder(stateDir), { recursive: true, force: true })
  mkdirSync(bootFolder(stateDir))
}
