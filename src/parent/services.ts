import type { Operations } from '../rpc/contracts.ts'
import type { Endpoint } from './endpoints.ts'
import { peerEnvironment } from './environment.ts'
import type { Events } from './events.ts'
import { type ExchangeParts, exchangeFunctions } from './exchange-functions.ts'
import type { Generations } from './generations.ts'
import { createHandoff, type Handoff } from './handoff.ts'
import { createLeases, type Leases } from './leases.ts'
import { localChild } from './local-child.ts'
import { createParentChildren, type ParentChildren } from './parent-children.ts'
import type { Parent } from './parent-types.ts'
import { createPeers, type Peers } from './peers.ts'
import { processChild } from './process-child.ts'
import type { ParentSettings } from './settings.ts'

/** What the parent runs, and what it does for that, beside its swaps. */
export interface Services {
  peers: Peers
  children: ParentChildren
  handoff: Handoff
  leases: Leases
  /** What the program that is the parent may do of what its peers can. */
  exchange: Parent['exchange']
}

export interface ServiceParts {
  settings: ParentSettings
  endpoints: readonly Endpoint[]
  events: Events
  /** What peers and children may ask of the parent. */
  operations: Operations
  generations(): Generations
  /** A parent child has ended too often. */
  onExhausted(): void
}

export function createServices(parts: ServiceParts): Services {
  const { settings, endpoints, events, operations, generations, onExhausted } = parts
  const { parentChildren, prefixOutput, logger } = settings
  const { shutdownTimeout } = settings.timeoutsOf({})
  const env = () => peerEnvironment(settings.envFile, settings.endpoints, endpoints)
  const handoff = createHandoff()
  const leases = createLeases({ ...settings, generations, publish: events.publish })
  const functions = () => ({
    ...operations,
    ...exchangeFunctions(exchange, null),
    // A child reads its wire from its first moment, and is never replaced.
    open: () => undefined,
    handOver: () => undefined,
  })
  const specs = parentChildren.map(spec =>
    'start' in spec
      ? localChild(spec)
      : processChild(spec, { env, functions, shutdownTimeout, prefixOutput }),
  )
  const children = createParentChildren({ specs, logger, onExhausted })
  const exchange: ExchangeParts = { handoff, children, generations }
  return {
    handoff,
    children,
    leases,
    peers: createPeers({ settings, endpoints, env, events, operations, exchange, leases }),
    exchange: exchangeFunctions(exchange, null),
  }
}
