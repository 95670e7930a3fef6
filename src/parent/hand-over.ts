import { messageOf } from '../errors.ts'
import type { Packed } from '../rpc/packed.ts'
import type { Generation } from './generation.ts'
import type { Logger } from './logger.ts'

/**
 * Gives what a peer has handed over to the one that serves in its slot now: with several upgrades in a row that is not always its
 * direct successor, which may have ended before. Once, whatever becomes of it: a callback that ends its peer
 * would end each that takes its place.
 */
export async function handOverTo(
  active: Generation | null,
  slot: number,
  handedOver: Packed | null,
  logger: Logger,
): Promise<void> {
  const peer = await active?.whenServing(slot)
  try {
    await peer?.afterCutover(handedOver)
  } catch (error) {
    logger.warn(`afterCutover in peer ${peer?.id} failed: ${messageOf(error)}`)
  }
}
