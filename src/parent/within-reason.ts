/** How long `status` waits for a peer that may be busy. */
const TIMEOUT_MS = 1_000

/** `null` when the peer does not answer in time, or cannot. */
export function withinReason<T>(answer: Promise<T>): Promise<T | null> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, TIMEOUT_MS, null)
    answer
      .catch(() => null)
      .then(value => {
        clearTimeout(timer)
        resolve(value)
      })
  })
}
