import {
  BeamDeployError,
  type BeamDeployErrorCode,
  ERROR_CODES,
  isBeamDeployError,
  type Phase,
} from '../errors.ts'
import type { HotReason } from './hot-contracts.ts'

/** An error as it crosses a process boundary: plain JSON, so that no copy of a class has to match. */
export interface EncodedError {
  code: string
  phase: string
  message: string
  stack?: string
  output?: string
  reasons?: HotReason[]
  cause?: EncodedError
}

/** Writes any thrown value as an {@link EncodedError}; what is not an error of ours becomes `internal`. */
export function encodeError(thrown: unknown): EncodedError {
  if (!(thrown instanceof Error)) return { code: 'internal', phase: 'control', message: String(thrown) }
  return {
    code: isBeamDeployError(thrown) ? thrown.code : 'internal',
    phase: isBeamDeployError(thrown) ? thrown.phase : 'control',
    message: thrown.message,
    ...(thrown.stack !== undefined && { stack: thrown.stack }),
    ...(isBeamDeployError(thrown) && thrown.output !== undefined && { output: thrown.output }),
    ...(isBeamDeployError(thrown) && thrown.reasons !== undefined && { reasons: thrown.reasons }),
    ...(thrown.cause !== undefined && { cause: encodeError(thrown.cause) }),
  }
}

/** Makes the error again. A code that this version does not know (a newer sender) becomes `internal`, with its message. */
export function decodeError(encoded: EncodedError): BeamDeployError {
  const known = encoded.code in ERROR_CODES
  const error = new BeamDeployError(
    known ? (encoded.code as BeamDeployErrorCode) : 'internal',
    known ? encoded.message : `${encoded.code}: ${encoded.message}`,
    {
      phase: encoded.phase as Phase,
      ...(encoded.output !== undefined && { output: encoded.output }),
      ...(encoded.reasons !== undefined && { reasons: encoded.reasons }),
      ...(encoded.cause && { cause: decodeError(encoded.cause) }),
    },
  )
  if (encoded.stack !== undefined) error.stack = encoded.stack
  return error
}
