import { now, pause } from '../clock.ts'
import { BeamDeployError } from '../errors.ts'
import type { UpgradeReport } from '../rpc/contracts.ts'
import { countAnswers } from './bake-answers.ts'
import { watchHealth } from './bake-health.ts'
import type { BakeSettings } from './bake-settings.ts'
import type { Generation } from './generation.ts'
import type { Logger } from './logger.ts'
import type { ParentSettings } from './settings.ts'
import type { Stopwatch } from './stopwatch.ts'

/** The time in which a new release has to stand, while the generation before it is parked. */
export interface Bake {
  /** In place of {@link Generation.retire}: the old generation stands aside, and can come back. */
  park(): void
  /** Told of each peer of the new generation that ends by itself; resolves when it is decided what becomes of that. */
  onCrash(what: string): Promise<void>
  /** Resolves when `incoming` has stood its time, or the parent stops; otherwise has gone back, and rejects with `rolled_back`. */
  stand(incoming: Generation): Promise<void>
}

export interface BakeParts {
  settings: ParentSettings
  how: BakeSettings
  outgoing: Generation
  watch: Pick<Stopwatch, 'step'>
  logger: Logger
  /** Aborted when the parent is told to stop. */
  signal: AbortSignal
  /** `incoming` is the one that serves, while {@link outgoing} is parked; `rollBack` is for whoever wants that back. */
  begun(incoming: Generation, rollBack: () => Promise<UpgradeReport>): void
  /** The old generation cannot be parked: it drains. */
  unparkable(): void
  /** Makes the old release serve again, and `incoming` drain. */
  goBack(incoming: Generation): Promise<UpgradeReport>
}

/** Why a release did not stand its time. */
type Reason = { kind: 'stood' } | { kind: 'bad'; reason: string }

export function createBake(parts: BakeParts): Bake {
  const { how, outgoing, watch, signal } = parts
  const verdict = Promise.withResolvers<Reason>()
  /** What is to become of the new generation is known. */
  const decided = Promise.withResolvers<void>()
  const back = Promise.withResolvers<UpgradeReport>()
  back.promise.catch(() => undefined)
  let parked: Promise<boolean> = Promise.resolve(false)

  const fail = (reason: string) => verdict.resolve({ kind: 'bad', reason })

  /** Rejects with the reason why `incoming` is not to serve on. */
  async function stands(incoming: Generation): Promise<void> {
    const startedAt = now()
    if (!(await parked)) parts.unparkable()
    const over = new AbortController()
    const ended = AbortSignal.any([signal, over.signal])
    using _counting = countAnswers(incoming, how.errorLimit, fail)
    void watchHealth(incoming, parts.settings, ended).then(reason => reason !== null && fail(reason))
    void pause(how.ms, ended).then(() => verdict.resolve({ kind: 'stood' }))
    const found = await verdict.promise
    over.abort()
    if (found.kind === 'stood' || signal.aborted) return
    const { version } = incoming.release
    throw new BeamDeployError(
      'rolled_back',
      `${parts.settings.app} ${version} was rolled back after ${Math.round(now() - startedAt)} ms: ${found.reason}. ` +
        `${outgoing.release.version} serves again.`,
      { phase: 'bake' },
    )
  }

  return {
    park: () => {
      parked = outgoing.park()
    },
    onCrash: what => {
      fail(what)
      return decided.promise
    },
    stand: async incoming => {
      const { version } = incoming.release
      parts.begun(incoming, () => {
        fail('a rollback was asked for')
        return back.promise
      })
      try {
        await watch.step('bake', `watching ${version} for ${how.ms / 1_000} s`, () => stands(incoming))
      } catch (error) {
        const { version: former } = outgoing.release
        back.resolve(watch.step('back', `going back to ${former}`, () => parts.goBack(incoming)))
        await back.promise
        throw error
      } finally {
        back.reject(
          new BeamDeployError('upgrade_in_progress', 'the upgrade has just ended', { phase: 'bake' }),
        )
        decided.resolve()
      }
    },
  }
}
