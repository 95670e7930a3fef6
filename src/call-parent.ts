import { exchangeHere } from './place.ts'

/**
 * Calls a method of a parent child: of what its `start` returned. Arguments and result cross as `structuredClone` would have them. A child
 * that is being restarted is waited for.
 *
 * @param childId the `id` under which it was given to `start()`, or in the configuration.
 * @param method a function of that; not `stop`.
 * @param args what it is called with.
 * @throws {BeamDeployError} `not_exposed` where there is no such child or method; `peer_gone` when the child ends before it
 *   answers; `not_cloneable`; `call_failed` with what was thrown there as its `cause`; `not_running` outside of a parent and its peers.
 *
 * @example
 * ```js
 * import { callParent } from 'beam-deploy'
 *
 * await callParent('sessions', 'put', 'a1', { user: 'ada', since: new Date() })
 * const session = await callParent('sessions', 'get', 'a1')
 * ```
 */
export async function callParent<Result = unknown>(
  childId: string,
  method: string,
  ...args: unknown[]
): Promise<Result> {
  return (await exchangeHere().callParentChild(childId, method, args)) as Result
}
