import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { HOT, PRELOAD } from '../programs.ts'
import { compileCacheOf } from '../release/compile-cache.ts'
import type { Release } from '../release/release.ts'
import { PEER_ENV, type PeerIdentity, PROTOCOL_VERSION, type ReleaseToRun } from '../rpc/protocol.ts'
import { bootFolder } from './boot-folder.ts'
import type { Endpoint } from './endpoints.ts'
import { noteOf, removeNote, writeNote } from './orphans.ts'
import { probePath, removeProbe } from './probe-folder.ts'
import type { ParentSettings } from './settings.ts'

export interface SpawnOptions {
  app: string
  generation: number
  slot: number
  /** `null`: the process boots Node.js and waits for {@link SpawnedPeer.run}. */
  release: Release | null
  endpoints: readonly Endpoint[]
  env: NodeJS.ProcessEnv
  /** Options for Node.js. */
  execArgv: readonly string[]
  timeoutsOf: ParentSettings['timeoutsOf']
  nodeOf: ParentSettings['nodeOf']
  /** Whether its code can be replaced while it runs. */
  hot: boolean
  /** The application's state folder. */
  stateDir: string
}

export interface SpawnedPeer {
  child: ChildProcess
  /** The wire for the application's values; `null` where there is no process. */
  exchange: Socket | null
  /** Tells it what to run. Once. */
  run(release: Release): void
}

/** Standard input, output and error, the IPC channel, and two pipes of ours; inherited sockets come after. */
const RELEASE_FD = 4
const EXCHANGE_FD = 5
const FIRST_ENDPOINT_FD = 6
/** How many times a peer can accept again after it was parked. */
const SPARE_DESCRIPTORS = 3

/** Starts the process of a peer, which does nothing of the application's until it is told the release. */
export function spawnPeer({ release, endpoints, slot, generation, ...options }: SpawnOptions): SpawnedPeer {
  const note = noteOf(options.stateDir, `${generation}.${slot}`)
  const probe = probePath(options.stateDir, `${generation}.${slot}`)
  const identity: PeerIdentity = {
    protocol: PROTOCOL_VERSION,
    app: options.app,
    generation,
    slot,
    endpoints: endpoints.map((endpoint, index) => {
      const [fd = -1, ...spares] = descriptorsOf(index)
      return { ...endpoint.describe(fd), spares }
    }),
    shutdownTimeout: finite(options.timeoutsOf(release ?? {}).shutdownTimeout),
    releaseFd: RELEASE_FD,
    exchangeFd: EXCHANGE_FD,
    probe,
    spare: release === null,
    note,
  }
  // The program that Node.js is started with while there is no release yet: the preload puts a link there before Node.js looks.
  const standIn = join(bootFolder(options.stateDir), `${generation}.${slot}`)
  const program = release ? join(release.dir, release.entry) : standIn
  const child = spawn(
    options.nodeOf(release ?? {}).path,
    [...options.execArgv, '--require', PRELOAD, ...(options.hot ? ['--require', HOT] : []), program],
    {
      cwd: release ? release.dir : options.stateDir,
      env: { ...options.env, [PEER_ENV]: JSON.stringify(identity) },
      stdio: [
        'ignore',
        'pipe',
        'pipe',
        'ipc',
        'pipe',
        'pipe',
        ...endpoints.flatMap((endpoint, index) => descriptorsOf(index).map(() => endpoint.fd(slot))),
      ],
      // Not 'advanced': that of one version of Node.js may be unreadable to another.
      serialization: 'json',
      // A session of its own: Ctrl-C in the parent's terminal must not reach it, it is drained instead.
      detached: true,
    },
  )
  if (child.pid !== undefined) writeNote(note, child.pid)
  child.once('exit', () => {
    removeNote(note)
    removeProbe(probe)
    // An application that ends at once leaves it there.
    if (!release) rmSync(standIn, { force: true })
  })
  // None where the host had no process or descriptor left to give: `child` tells that by its error.
  const stdio = child.stdio as readonly unknown[] | undefined
  const pipe = stdio?.[RELEASE_FD] as Socket | undefined
  const exchange = stdio?.[EXCHANGE_FD] as Socket | undefined
  // A process that has ended already is known by its exit.
  for (const ours of [pipe, exchange]) ours?.on('error', () => undefined)
  return {
    child,
    exchange: exchange ?? null,
    run: next => {
      const { id, version, dir, entry, config } = next
      const what: ReleaseToRun = {
        id,
        version,
        dir,
        entry,
        compileCache: dir.startsWith(options.stateDir) ? compileCacheOf(dir) : null,
        shutdownTimeout: finite(options.timeoutsOf(next).shutdownTimeout),
        ...(config?.beforeCutover !== undefined && { beforeCutover: config.beforeCutover }),
        ...(config?.afterCutover !== undefined && { afterCutover: config.afterCutover }),
      }
      pipe?.end(JSON.stringify(what))
    },
  }
}

/** The descriptors by which a peer knows an endpoint. */
const descriptorsOf = (endpoint: number): number[] =>
  Array.from(
    { length: 1 + SPARE_DESCRIPTORS },
    (_, copy) => FIRST_ENDPOINT_FD + endpoint * (1 + SPARE_DESCRIPTORS) + copy,
  )

/** As it is written in JSON: `null` means never. */
const finite = (ms: number): number | null => (Number.isFinite(ms) ? ms : null)
