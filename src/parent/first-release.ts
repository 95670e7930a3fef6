import { rmSync } from 'node:fs'
import { BeamDeployError } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import { releaseId } from '../release/store-names.ts'
import type { UnpackResult } from '../rpc/contracts.ts'
import type { Logger } from './logger.ts'

/** A release that was unpacked for `start`, before it was known which application's it is. */
export interface Staged {
  dir: string
  unpacked: UnpackResult
}

/**
 * What a start boots. The archive that `start` is given says what to run the first time. Given once more, by a
 * service manager that repeats its command, it changes nothing: what was switched to since is booted. Another archive is
 * a new decision and becomes the current release.
 */
export async function chooseFirstRelease(
  store: Store,
  staged: Staged | null,
  logger: Logger,
): Promise<Release> {
  const current = store.current()
  if (!staged) return current ?? nothingToStart()
  const isCurrent = current?.id === releaseId(staged.unpacked)
  if (current && !isCurrent && store.seed() === staged.unpacked.sha256) {
    rmSync(staged.dir, { recursive: true, force: true })
    logger.info(
      `starting ${current.version}, which was switched to after ${staged.unpacked.version} was started`,
    )
    return current
  }
  // Also where it is current: it may have been signed, or signed anew, since it came.
  return store.adopt(staged.dir, staged.unpacked)
}

function nothingToStart(): never {
  throw new BeamDeployError(
    'release_not_found',
    'nothing was started here before: give `beam-deploy start` an archive or a folder.',
    { phase: 'validate' },
  )
}
