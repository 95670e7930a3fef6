import { BeamDeployError, ERROR_CODES } from '../errors.ts'

export interface RefusalDetails {
  /** What to do; by default that of `invalid_release`. */
  remedy?: string
  cause?: unknown
}

/** Makes the `invalid_release` error of one source, for a reason such as `entry "a/../b" leaves the release`. */
export type Refuse = (reason: string, details?: RefusalDetails) => BeamDeployError

/** Binds a {@link Refuse} to the archive or folder that is read, as the user named it. */
export function refusalsOf(source: string): Refuse {
  return (reason, { remedy = ERROR_CODES.invalid_release.remedy, cause } = {}) =>
    new BeamDeployError('invalid_release', `Cannot use ${source}: ${reason}. ${remedy}`, {
      phase: 'unpack',
      cause,
    })
}
