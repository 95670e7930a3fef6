/**
 * A parent that dies takes the readers of our output with it, a moment before we hear of its end. A write in that moment
 * must not end this process, and with it the requests it has. While the parent lives there is no such error.
 */
export function surviveLostOutput(): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const descriptor = Object.getOwnPropertyDescriptor(process, name)
    if (!descriptor?.configurable || !descriptor.get) continue
    // Not before the application wants it: Node.js makes a stream when it is first asked for, which takes a millisecond.
    Object.defineProperty(process, name, {
      ...descriptor,
      get: () => {
        Object.defineProperty(process, name, descriptor)
        return process[name].on('error', () => undefined)
      },
    })
  }
}
