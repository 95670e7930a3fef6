import { type BeamDeployErrorCode, isBeamDeployError, messageOf } from '../errors.ts'

/** A failure as history and events have it. */
export interface Failure {
  code: BeamDeployErrorCode
  /** The first line. */
  message: string
  /** Whole milliseconds. */
  durationMs: number
}

export function failureOf(error: unknown, durationMs: number): Failure {
  const [message = ''] = messageOf(error).split('\n')
  return {
    code: isBeamDeployError(error) ? error.code : 'internal',
    message,
    durationMs: Math.round(durationMs),
  }
}
