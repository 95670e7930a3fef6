import type { Release } from '../release/release.ts'
import type { Operations } from '../rpc/contracts.ts'
import type { Endpoint } from './endpoints.ts'
import type { Events } from './events.ts'
import { type ExchangeParts, exchangeFunctions } from './exchange-functions.ts'
import type { Leases } from './leases.ts'
import { startPeer } from './peer-process.ts'
import type { PeerProcess } from './peer-types.ts'
import type { ParentSettings } from './settings.ts'
import { forwardTo } from './transfers.ts'

/** Starts the peers of one application. */
export interface Peers {
  start(generation: number, slot: number, release: Release): PeerProcess
  /**
   * Processes for a generation whose release is not there yet, one a slot: they boot Node.js meanwhile. None where `outgoing`
   * brings a Node.js of its own: the next one will, too.
   */
  startSpares(generation: number, outgoing: Release): PeerProcess[]
  /** Of spares that were started while `outgoing` ran, those that can run `release`; the others are ended: they were started otherwise. */
  fitting(spares: PeerProcess[], release: Release, outgoing: Release): Promise<PeerProcess[]>
}

export interface PeersOptions {
  settings: ParentSettings
  endpoints: readonly Endpoint[]
  /** Read for each. */
  env(): NodeJS.ProcessEnv
  events: Events
  operations: Operations
  exchange: ExchangeParts
  leases: Leases
}

export function createPeers({ settings, env, exchange, leases, ...shared }: PeersOptions): Peers {
  const { hotOf } = settings
  const start = (generation: number, slot: number, release: Release | null, hot: boolean) => {
    const member = leases.join(generation, slot)
    const peer = startPeer({
      ...settings,
      ...shared,
      generation,
      slot,
      release,
      hot,
      env: env(),
      exchange: { ...exchangeFunctions(exchange, { generation, slot }), ...member.functions },
      askedLeases: member.asked,
      forward: forwardTo(exchange.generations, { generation, slot }),
    })
    member.attach(peer)
    return peer
  }
  const runsOnOurs = (release: Release) => settings.nodeOf(release).path === settings.nodeOf({}).path
  return {
    start: (generation, slot, release) => start(generation, slot, release, hotOf(release)),
    startSpares: (generation, outgoing) => {
      // Options for Node.js may name files of the release, and Node.js wants those at its own start.
      if (env().NODE_OPTIONS || settings.execArgv.length > 0 || !runsOnOurs(outgoing)) return []
      return Array.from({ length: settings.peers }, (_, slot) =>
        start(generation, slot, null, hotOf(outgoing)),
      )
    },
    fitting: async (spares, release, outgoing) => {
      if (runsOnOurs(release) && hotOf(release) === hotOf(outgoing)) return spares
      await Promise.all(spares.map(spare => spare.kill()))
      return []
    },
  }
}
