import { BeamDeployError, messageOf } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Packed } from '../rpc/packed.ts'
import type { Drains } from './drains.ts'
import type { Generation } from './generation.ts'
import type { Logger } from './logger.ts'

export interface GoBackParts {
  logger: Logger
  drains: Drains
  isStopping(): boolean
  /** The one that was parked. */
  outgoing: Generation
  newGeneration(release: Release): Generation
  /** Names the old release as the current one again; durable when resolved. */
  restore(): Promise<void>
  /** Makes a generation the one that serves, and none the one that is parked. */
  serve(generation: Generation): void
  /** See {@link Generation.drain}. */
  onGone: Parameters<Generation['drain']>[0]
}

/**
 * Has the parked generation accept again; where it cannot, boots its release once more. Then the one that failed drains. Resolves to the
 * generation that serves now.
 *
 * @throws `peer_start_failed` where even that fails: then `incoming` serves on, and the old generation drains.
 */
export async function goBack(incoming: Generation, parts: GoBackParts): Promise<Generation> {
  const { outgoing, drains, logger, isStopping } = parts
  const isBack = await outgoing.unpark()
  const serving = isBack ? outgoing : await bootAgain(incoming, parts)
  // At once: what failed is to get no connection more. What it has goes to whom the parent knows as the one that serves.
  parts.serve(serving)
  incoming.retire()
  // What cannot be written down is told, and is no reason to have both accept.
  await parts.restore().catch((error: unknown) => logger.error(messageOf(error)))
  // A peer that was only parked has all that it had: it is told of what it is given, not that there is nothing.
  const onGone = (slot: number, handedOver: Packed | null) => {
    if (!isBack || handedOver) parts.onGone?.(slot, handedOver)
  }
  drains.add(incoming, isStopping() ? undefined : onGone)
  if (!isBack) letGo(parts)
  logger.info(`${serving.release.version} serves again (generation ${serving.number})`)
  return serving
}

/** The parked generation is of no use any more; what it hands over, if anything, nobody needs. */
function letGo({ outgoing, drains, isStopping }: GoBackParts): void {
  if (outgoing.pids().length > 0) drains.add(outgoing, isStopping() ? undefined : () => undefined)
}

async function bootAgain(incoming: Generation, parts: GoBackParts): Promise<Generation> {
  const { outgoing, newGeneration, logger } = parts
  const { version } = outgoing.release
  logger.warn(`generation ${outgoing.number} (${version}) cannot accept again; ${version} is booted afresh`)
  const fresh = newGeneration(outgoing.release)
  try {
    await fresh.boot()
    await fresh.accept()
    return fresh
  } catch (cause) {
    await fresh.kill()
    parts.serve(incoming)
    letGo(parts)
    throw new BeamDeployError(
      'peer_start_failed',
      `going back to ${version} failed, and ${incoming.release.version} serves on: ${messageOf(cause)}`,
      { phase: 'back', cause },
    )
  }
}
