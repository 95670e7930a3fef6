import type { UnpackRequest } from '../rpc/contracts.ts'

/** Unpacks in this process: it is short-lived, and the parent's memory stays small. */
export async function unpackHere(request: UnpackRequest, signal: AbortSignal) {
  const { unpackSource } = await loadUnpacking()
  return unpackSource(request, { signal })
}

const loadUnpacking = () => import('../release/unpack-source.ts')

/** While the parent, which has been asked by now, does what it has to do before it wants the archive unpacked. */
export function loadMeanwhile<T>(answer: Promise<T>): Promise<T> {
  void loadUnpacking()
  return answer
}
