/** Runs what it is given one after the other. A failure is its caller's alone. */
export function createSerial(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return run => {
    const result = last.then(run, run)
    last = result
    return result
  }
}
