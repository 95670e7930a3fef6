import { existsSync, rmSync } from 'node:fs'
import { BeamDeployError, ERROR_CODES, isBeamDeployError, messageOf } from '../errors.ts'

/** Where a release is prepared before it gets its place: beside it, so that a rename is enough. */
export const draftOf = (into: string) => `${into}.part`

export interface Draft {
  /** What is being read, as the user named it. */
  source: string
  /** The folder that is to appear, whole or not at all. */
  into: string
}

/** The error for whatever failed while a draft was written. */
export function extractFailed({ source, into }: Draft, cause: unknown): BeamDeployError {
  const message = `Cannot unpack ${source} to ${into}: ${messageOf(cause)}. ${ERROR_CODES.extract_failed.remedy}`
  return new BeamDeployError('extract_failed', message, { phase: 'unpack', cause })
}

/** Runs what makes the draft. A draft that is there already is another's, and stays. */
export function beginDraft<T>(draft: Draft, make: () => T): T {
  try {
    if (existsSync(draft.into)) throw new Error('it exists already')
    return make()
  } catch (error) {
    throw extractFailed(draft, error)
  }
}

/** Removes the draft after a failure, and makes an error of ours of it. */
export function discardDraft(draft: Draft, failure: unknown): BeamDeployError {
  const folder = draftOf(draft.into)
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    const leftover = `${folder} could not be removed (${messageOf(error)}) after: ${messageOf(failure)}`
    return extractFailed(draft, new Error(leftover, { cause: failure }))
  }
  return isBeamDeployError(failure) ? failure : extractFailed(draft, failure)
}
