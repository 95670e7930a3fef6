import { MAX_TIMER_MS } from '../clock.ts'

/** Keeps this process from ending, where nothing that it waits for does, until that is disposed of. */
export function stayAlive(): Disposable {
  const timer = setInterval(() => undefined, MAX_TIMER_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
