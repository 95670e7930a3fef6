import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { EndpointSpec } from '../endpoint-spec.ts'
import { BeamDeployError, messageOf } from '../errors.ts'
import type { Endpoint } from './endpoints.ts'

/**
 * The environment of a new peer: the parent's, the env file's over it, and `PORT` and `HOST` of the first
 * endpoint, so that an application which reads them listens where it is expected.
 */
export function peerEnvironment(
  envFile: string | null,
  specs: readonly EndpointSpec[],
  endpoints: readonly Endpoint[],
): NodeJS.ProcessEnv {
  const first = endpoints[0]?.describe(0)
  const host = specs[0] && 'host' in specs[0] ? specs[0].host : undefined
  return {
    ...process.env,
    ...(envFile !== null && readEnvFile(envFile)),
    ...(first?.kind === 'tcp' && { PORT: String(first.port) }),
    ...(first?.kind === 'path' && { PORT: first.path }),
    ...(host !== undefined && { HOST: host }),
  }
}

function readEnvFile(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new BeamDeployError('invalid_option', `env file ${file} cannot be read: ${messageOf(cause)}`, {
      phase: 'boot',
      cause,
    })
  }
}
