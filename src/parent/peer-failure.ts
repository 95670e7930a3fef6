import { BeamDeployError, type Phase } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Endpoint } from './endpoints.ts'
import type { OutputTail } from './output.ts'

const PHASES = { peer_start_failed: 'boot', health_check_failed: 'health' } as const satisfies Record<
  string,
  Phase
>

interface FailedPeer {
  app: string
  release: Release | null
  tail: OutputTail
}

/** Why a peer will not serve, with the last of what it printed. */
export function peerFailure(
  code: keyof typeof PHASES,
  reason: string,
  { app, release, tail }: FailedPeer,
): BeamDeployError {
  const output = tail.text()
  const shown = output ? `\nIts last output:\n${output}` : ' It printed nothing.'
  const what = release ? `${app} ${release.version}` : app
  return new BeamDeployError(code, `the new peer of ${what} ${reason}.${shown}`, {
    phase: PHASES[code],
    output,
  })
}

/** Why a peer is given up that is not ready in time. */
export function tooLate({
  endpoints,
  elsewhere,
  readyTimeout,
}: {
  endpoints: readonly Pick<Endpoint, 'label'>[]
  elsewhere: readonly string[]
  readyTimeout: number
}): string {
  const found = elsewhere.length > 0 ? `; it listens on ${elsewhere.join(', ')}` : ''
  const wanted = endpoints.map(endpoint => endpoint.label).join(', ')
  return (
    `did not listen on ${wanted} within ${readyTimeout} ms${found}. ` +
    'Have it listen on process.env.PORT, declare its port with --port, or give it more time with --ready-timeout'
  )
}
