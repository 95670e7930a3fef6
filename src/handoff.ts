import { exchangeHere } from './place.ts'

/**
 * Leaves a value with the parent, for peers that come later: it survives a cutover, and is gone when the next upgrade starts. Can be
 * called in a peer at any time, also while it stops, in the parent, and in a parent child. Where BeamDeploy is not enabled
 * the value stays in this process.
 *
 * @param key any text; a later value takes the place of an earlier one.
 * @param value anything that `structuredClone` takes; errors keep their own properties, and a `Buffer` stays one.
 * @throws {BeamDeployError} `not_cloneable`, naming the key and the place in the value; `invalid_option` for a key
 *   that is no text.
 *
 * @example
 * ```js
 * import { putHandoff } from 'beam-deploy'
 *
 * const rooms = new Map([['lobby', new Set(['ada'])]])
 * await putHandoff('rooms', rooms)
 * ```
 */
export async function putHandoff(key: string, value: unknown): Promise<void> {
  return exchangeHere().putHandoff(key, value)
}

/**
 * What {@link putHandoff} left under `key`.
 *
 * @param key as it was put.
 * @returns a new copy each time; `undefined` where there is nothing.
 *
 * @example
 * ```ts
 * import { getHandoff } from 'beam-deploy'
 *
 * const rooms = (await getHandoff<Map<string, Set<string>>>('rooms')) ?? new Map()
 * ```
 */
export async function getHandoff<T = unknown>(key: string): Promise<T | undefined> {
  return (await exchangeHere().getHandoff(key)) as T | undefined
}

/**
 * Everything that {@link putHandoff} left.
 *
 * @returns new copies, in the order in which the keys came.
 *
 * @example
 * ```js
 * import { getAllHandoff } from 'beam-deploy'
 *
 * for (const [key, value] of await getAllHandoff()) console.log(key, value)
 * ```
 */
export async function getAllHandoff(): Promise<Map<string, unknown>> {
  return exchangeHere().getAllHandoff()
}
