import { exchangeHere } from './place.ts'

/**
 * Leaves a value with the parent, for peers that come later: it survives a cutover, and is gone when the next upgrade starts. Can be
 * called in a peer at any time, also while it stops, in the parent, and in a parent child. Where BeamDeploy is not enabled
 * the value stays in this process.
 *
 * @param key any text; a later value takes the place of an earlier one.
 * @param value anything that `structuredClone` takes; errors keep their own properties, and a `Buffer` stays one.
 * @throws {BeamDeployError} `not_cloneable`, naming the key and the place in the value.
 */
export const putHandoff = async (key: string, value: unknown): Promise<void> =>
  exchangeHere().putHandoff(key, value)

/** What {@link putHandoff} left under `key`, as a new copy; `undefined` where there is nothing. */
export async function getHandoff<T = unknown>(key: string): Promise<T | undefined> {
  return (await exchangeHere().getHandoff(key)) as T | undefined
}

/** Everything that {@link putHandoff} left, in the order in which the keys came. */
export const getAllHandoff = async (): Promise<Map<string, unknown>> => exchangeHere().getAllHandoff()
