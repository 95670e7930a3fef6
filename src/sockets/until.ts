import { pause } from '../clock.ts'

/** No event tells when everything that was written is with the kernel. */
const LOOK_AGAIN_MS = 5

/** Resolves to whether `isSo` came true before `signal` was aborted. */
export async function until(isSo: () => boolean, signal: AbortSignal): Promise<boolean> {
  while (!isSo()) {
    if (signal.aborted) return false
    await pause(LOOK_AGAIN_MS, signal)
  }
  return true
}
