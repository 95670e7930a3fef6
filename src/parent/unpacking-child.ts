import { UNPACK } from '../programs.ts'
import { unpackInChild } from '../release/unpack-in-child.ts'
import type { UnpackRequest, UnpackResult } from '../rpc/contracts.ts'
import type { Caller } from './parent-types.ts'

/** Where no command line waits for the answer: a process of its own unpacks, so that neither parent nor peer has to. */
export const unpackingChild: Caller = {
  progress: () => undefined,
  unpack: request => unpackInChild(request, { program: UNPACK }),
}

/**
 * Where signatures have to be checked the parent's own program does it, whoever asks: a command may be of a version that knows of none, and its word
 * would be all there is.
 */
export const checkAndUnpack = (request: UnpackRequest, signal: AbortSignal): Promise<UnpackResult> =>
  unpackInChild(request, { program: UNPACK, signal })
