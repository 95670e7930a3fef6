import type { EndpointSpec } from '../endpoint-spec.ts'
import { BeamDeployError } from '../errors.ts'

interface Declared {
  ports: readonly number[]
  hosts: readonly string[]
  paths: readonly string[]
}

/**
 * Endpoints from the command line's lists, else from `PORT` and `HOST`; none where neither says any. One host goes for all
 * ports; several go in order.
 */
export function givenEndpoints(declared: Declared, env: NodeJS.ProcessEnv): EndpointSpec[] {
  const { paths } = declared
  const ports = declared.ports.length > 0 || paths.length > 0 ? declared.ports : portFromEnv(env)
  const hosts = declared.hosts.length > 0 ? declared.hosts : env.HOST ? [env.HOST] : []
  if (hosts.length > 1 && hosts.length !== ports.length) {
    throw invalid(
      `${hosts.length} hosts for ${ports.length} ports: give one --host for all, or one for each --port.`,
    )
  }
  const endpoints: EndpointSpec[] = ports.map((number, index) => {
    const name = hosts.length > 1 ? hosts[index] : hosts[0]
    return { port: number, ...(name !== undefined && { host: name }) }
  })
  return [...endpoints, ...paths.map(file => ({ path: file }))]
}

/** The same, else those of the configuration; there must be one. */
export function declareEndpoints(
  declared: Declared,
  env: NodeJS.ProcessEnv,
  configured: readonly EndpointSpec[] = [],
): EndpointSpec[] {
  const given = givenEndpoints(declared, env)
  if (given.length > 0) return given
  if (configured.length === 0) {
    throw invalid(
      'no endpoint is declared: name the port your application listens on with --port, set PORT, or give `endpoints` in its configuration.',
    )
  }
  if (declared.hosts.length > 0)
    throw invalid('--host goes with --port: the endpoints of the configuration have their own.')
  return [...configured]
}

/** `null` for what is no port. */
export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : null
  return port !== null && port <= 65_535 ? port : null
}

function portFromEnv({ PORT }: NodeJS.ProcessEnv): number[] {
  if (PORT === undefined || PORT === '') return []
  const port = parsePort(PORT.trim())
  if (port === null) {
    throw invalid(
      `the environment variable PORT is ${JSON.stringify(PORT)}, which is no port: set it to a number, or use --port.`,
    )
  }
  return [port]
}

const invalid = (message: string) => new BeamDeployError('invalid_option', message, { phase: 'configure' })
