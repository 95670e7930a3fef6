import { UNPACK } from '../programs.ts'
import { unpackInChild } from '../release/unpack-in-child.ts'
import type { Caller } from './parent-types.ts'

/** Where no command line waits for the answer: a process of its own unpacks, so that neither parent nor peer has to. */
export const unpackingChild: Caller = {
  progress: () => undefined,
  unpack: request => unpackInChild(request, { program: UNPACK }),
}
