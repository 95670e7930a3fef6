import { createRequire } from 'node:module'
import type net from 'node:net'
import { HEALTH } from '../programs.ts'
import type { DeclaredHealth, PeerHealthFunctions } from '../rpc/health-contracts.ts'
import type { InheritedEndpoint, PeerIdentity, ReleaseToRun } from '../rpc/protocol.ts'
import type { GivenHealth } from './handle.ts'

/** What is known in a peer of how it can be asked whether it is well. */
export interface Probes {
  /** `server` is the one of `endpoint`. */
  serves(endpoint: InheritedEndpoint, server: net.Server): void
  /** What the application gave to `start()`; the last call counts. */
  declare(given: GivenHealth): void
  /** The arguments of `ready`, by which the parent hears of it. */
  declared(): [] | [DeclaredHealth]
  functions: PeerHealthFunctions
}

/** What asks is loaded when it is first needed. */
export function takeProbes({ endpoints, probe: path }: PeerIdentity, { dir }: ReleaseToRun): Probes {
  const servers = new Map<InheritedEndpoint, net.Server>()
  let given: GivenHealth | null = null
  let run: PeerHealthFunctions['probe'] | null = null

  function load(): PeerHealthFunctions['probe'] {
    const { openProbing } = createRequire(import.meta.filename)(HEALTH) as typeof import('./health/main.ts')
    return openProbing({ endpoints, servers, path, dir, ownCheck: () => given?.check })
  }

  return {
    serves: (endpoint, server) => void servers.set(endpoint, server),
    declare: declaration => {
      given = declaration
    },
    declared: () => (given ? [given.declared] : []),
    functions: {
      probe: probe => {
        run ??= load()
        return run(probe)
      },
    },
  }
}
