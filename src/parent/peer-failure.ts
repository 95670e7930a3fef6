import { BeamDeployError, type Phase } from '../errors.ts'
import type { Release } from '../release/release.ts'
import type { Endpoint } from './endpoints.ts'
import { describeExit, type ExitStatus } from './exits.ts'
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
  askedLeases,
}: {
  endpoints: readonly Pick<Endpoint, 'label'>[]
  elsewhere: readonly string[]
  readyTimeout: number
  askedLeases(): string[]
}): string {
  const found = elsewhere.length > 0 ? `; it listens on ${elsewhere.join(', ')}` : ''
  const wanted = endpoints.map(endpoint => endpoint.label).join(', ')
  return (
    `did not listen on ${wanted} within ${readyTimeout} ms${found}${ofLeases(askedLeases())}. ` +
    'Have it listen on process.env.PORT, declare its port with --port, or give it more time with --ready-timeout'
  )
}

/** The exit code of Node.js for a program that waits for what nothing is open for. */
const UNSETTLED_AWAIT = 13

/** Why a peer is given up that has ended before it was ready. */
export function tooEarly(status: ExitStatus, { askedLeases }: { askedLeases(): string[] }): string {
  const waited = status.code === UNSETTLED_AWAIT ? ofLeases(askedLeases()) : ''
  return `ended with ${describeExit(status)} before it was ready${waited}`
}

/** Continues a sentence; nothing of none. */
function ofLeases(asked: readonly string[]): string {
  if (asked.length === 0) return ''
  const names = asked.map(name => JSON.stringify(name)).join(', ')
  return `. It has asked for leases (${names}), which are given to peers that serve: it must not wait for them before it listens`
}
