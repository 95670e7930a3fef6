const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Ends the parent gracefully on a signal; a second one ends its peers at once. Returns what takes the handlers away. */
export function endOnSignals(stop: () => Promise<void>, onError: (error: unknown) => void): () => void {
  const handle = () => void stop().catch(onError)
  for (const signal of SIGNALS) process.on(signal, handle)
  return () => {
    for (const signal of SIGNALS) process.off(signal, handle)
  }
}

/** Losing the reader of our output, or the disk under it, is no reason to end a server. */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}
