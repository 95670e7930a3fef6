import { createRequire } from 'node:module'
import { BeamDeployError } from '../errors.ts'
import { EXCHANGE } from '../programs.ts'
import type { PeerIdentity } from '../rpc/protocol.ts'
import type { CutoverCallbacks, PeerExchange } from './exchange.ts'

/** Loads and opens the way to other processes; `incompatible_protocol` where the parent has none. */
export function loadExchange(
  { generation, slot, exchangeFd, note }: PeerIdentity,
  callbacks: () => CutoverCallbacks,
): PeerExchange {
  if (exchangeFd === undefined) {
    throw new BeamDeployError(
      'incompatible_protocol',
      'the parent is of a version of beam-deploy that carries no values between processes. Restart it with the one that is installed now.',
      { phase: 'control' },
    )
  }
  const { openPeerExchange } = createRequire(import.meta.filename)(EXCHANGE) as typeof import('./exchange.ts')
  return openPeerExchange({ id: `${generation}.${slot}`, fd: exchangeFd, note }, callbacks)
}
