import type { Phase } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Generation } from './generation.ts'

/** What a swap needs of the parent, in the order in which it needs it. */
export interface SwapSteps {
  createGeneration(release: Release): Generation
  outgoing: Generation
  /** Finds out whether a generation that has booted is well; if not, it ends it and throws. */
  check(incoming: Generation): Promise<void>
  /** Makes `release` the one that the next start boots; durable when resolved. */
  commit(): Promise<void>
  /** Undoes `commit`. */
  revert(): Promise<void>
  /** Ends accepting in a generation, as soon as another one accepts. */
  standAside(outgoing: Generation): void
  /** Gives `incoming` the time that it has to stand. Where it does not, has gone back, and throws. */
  stand(incoming: Generation): Promise<void>
  /** `incoming` serves from now on. */
  activate(incoming: Generation): void
  /** Lets a generation finish and end by itself. */
  settle(outgoing: Generation): void
  /** Times a step and tells people of it. */
  step<T>(phase: Phase, text: string, run: () => Promise<T>): Promise<T>
}

/**
 * The whole swap. Until the cutover a failure ends the incoming generation and leaves everything as it was; after it, where the release
 * has to stand a while, the old generation takes over again. The release is committed before it accepts: a crash in between boots what was found ready.
 */
export async function swap(release: Release, steps: SwapSteps): Promise<Generation> {
  const incoming = steps.createGeneration(release)
  await steps.step('boot', `starting ${release.version}`, () => incoming.boot())
  await steps.check(incoming)
  await steps.step('cutover', `switching to ${release.version}`, async () => {
    try {
      await steps.commit()
      await incoming.accept()
      // At once: what is told to people, written down and published comes after.
      steps.standAside(steps.outgoing)
    } catch (error) {
      await incoming.drain()
      await steps.revert()
      throw error
    }
  })
  await steps.stand(incoming)
  steps.activate(incoming)
  steps.settle(steps.outgoing)
  return incoming
}
