import { BeamDeployError } from '../../errors.ts'

/** A build that cannot go on; `output` is the tail of what the failing command printed. */
export function buildFailed(
  message: string,
  details: { cause?: unknown; output?: string } = {},
): BeamDeployError {
  return new BeamDeployError('build_failed', message, { phase: 'build', ...details })
}

/** Throws `build_failed` when the caller has given the build up. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw buildFailed('The build was interrupted; nothing was written.', { cause: signal.reason })
}
