import type { Release } from '../release/release.ts'
import type { Operations } from '../rpc/contracts.ts'
import type { Endpoint } from './endpoints.ts'
import type { Events } from './events.ts'
import { type ExchangeParts, exchangeFunctions } from './exchange-functions.ts'
import { type PeerProcess, startPeer } from './peer-process.ts'
import type { ParentSettings } from './settings.ts'

/** Starts the peers of one application. */
export interface Peers {
  start(generation: number, slot: number, release: Release): PeerProcess
  /**
   * Processes for a generation whose release is not there yet, one a slot: they boot Node.js meanwhile. None where `outgoing`
   * brings a Node.js of its own: the next one will, too.
   */
  startSpares(generation: number, outgoing: Release): PeerProcess[]
  /** Of spares, those that can run `release`; the others are ended, since it brings another Node.js. */
  fitting(spares: PeerProcess[], release: Release): Promise<PeerProcess[]>
}

export interface PeersOptions {
  settings: ParentSettings
  endpoints: readonly Endpoint[]
  /** Read for each. */
  env(): NodeJS.ProcessEnv
  events: Events
  operations: Operations
  exchange: ExchangeParts
}

export function createPeers({ settings, env, exchange, ...shared }: PeersOptions): Peers {
  const start = (generation: number, slot: number, release: Release | null) =>
    startPeer({
      ...settings,
      ...shared,
      generation,
      slot,
      release,
      env: env(),
      exchange: exchangeFunctions(exchange, { generation, slot }),
    })
  const runsOnOurs = (release: Release) => settings.nodeOf(release).path === settings.nodeOf({}).path
  return {
    start,
    startSpares: (generation, outgoing) => {
      // Options for Node.js may name files of the release, and Node.js wants those at its own start.
      if (env().NODE_OPTIONS || settings.execArgv.length > 0 || !runsOnOurs(outgoing)) return []
      return Array.from({ length: settings.peers }, (_, slot) => start(generation, slot, null))
    },
    fitting: async (spares, release) => {
      if (runsOnOurs(release)) return spares
      await Promise.all(spares.map(spare => spare.kill()))
      return []
    },
  }
}
