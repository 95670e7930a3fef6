import { closeSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { PeerIdentity, ReleaseToRun } from '../rpc/protocol.ts'
import { warmUp } from './warm-up.ts'

/**
 * Waits until the parent says what to run, and puts this process there: from the application's first line on, all is as if
 * Node.js had been started with the release's entry, in the release's folder.
 */
export function takeRelease({ releaseFd, spare }: PeerIdentity): ReleaseToRun {
  // There is time for it while the application's files are still being unpacked.
  if (spare) warmUp()
  const text = readFileSync(releaseFd, 'utf8')
  closeSync(releaseFd)
  // The parent has given up the release, or is gone.
  if (text === '') process.exit(0)
  const release = JSON.parse(text) as ReleaseToRun
  const { dir, entry } = release
  const program = join(dir, entry)
  process.chdir(dir)
  standInFor(program)
  return release
}

/**
 * A process that was started before there was a release was given a path where nothing stands yet. Node.js looks
 * there when the preload has ended, follows the link, and takes the real path for the program's own.
 */
function standInFor(program: string): void {
  const started = process.argv[1]
  if (started === undefined || started === program) return
  symlinkSync(program, started)
  process.argv[1] = program
  process.nextTick(unlinkSync, started)
}
