/**
 * Has `act` run when the application has stopped, and before this process ends: when nothing keeps it alive any more, and when
 * it is told to exit. `process.exit` then returns to its caller, which it otherwise never does; the process ends when `act` has.
 */
export function beforeExit(act: () => Promise<void>): void {
  const { exit } = process
  let begun = false
  const end = (code?: number | string | null) => {
    if (begun) return
    begun = true
    if (code !== undefined && code !== null) process.exitCode = code
    void act().finally(() => Reflect.apply(exit, process, []))
  }
  process.exit = end as typeof process.exit
  process.once('beforeExit', () => end())
}
