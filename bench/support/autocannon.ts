import { fileURLToPath } from 'node:url'
import type { Scope } from '../../test/support/scope.ts'
import { runNode } from './processes.ts'

const PROGRAM = fileURLToPath(import.meta.resolve('autocannon'))

interface AutocannonResult {
  duration: number
  errors: number
  timeouts: number
  non2xx: number
  requests: { total: number }
}

export interface LoadOptions {
  port: number
  connections: number
  seconds: number
  /** The core that the load is kept on. */
  core: number | null
}

/** As much load as the connections carry, from a process of its own. A request that fails fails the measurement. */
export async function saturate(
  scope: Scope,
  { port, connections, seconds, core }: LoadOptions,
): Promise<{ requests: number; perSecond: number }> {
  const output = await runNode(
    scope,
    [PROGRAM, '--json', '-c', String(connections), '-d', String(seconds), `http://127.0.0.1:${port}/`],
    { core },
  )
  const { duration, errors, timeouts, non2xx, requests } = JSON.parse(output) as AutocannonResult
  if (errors + timeouts + non2xx > 0)
    throw new Error(`${errors} errors, ${timeouts} timeouts, ${non2xx} other answers on port ${port}`)
  return { requests: requests.total, perSecond: requests.total / duration }
}
