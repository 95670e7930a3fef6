/**
 * Gives back the memory that starting or swapping took. V8 would keep it for the next work, which may be weeks away: a parent has
 * nothing to do in between. Only where `beam-deploy start` has asked Node.js for `--expose-gc`; elsewhere this process is
 * somebody else's too, and nothing happens.
 */
export function tidy(): void {
  // Not while something is waiting for this process: it takes a few milliseconds.
  setTimeout(
    () => void globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
    IDLE_MS,
  ).unref()
}

const IDLE_MS = 100
