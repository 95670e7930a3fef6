import { BeamDeployError } from '../errors.ts'
import { connect, ipcWire } from '../rpc/ipc.ts'
import type { DrainStage } from '../rpc/load.ts'
import type { ParentFunctions, PeerFunctions } from '../rpc/peer-contracts.ts'
import type { ProcessMover } from '../rpc/process-contracts.ts'
import { endpointLabel, PEER_GLOBAL, type PeerIdentity, type ReleaseToRun } from '../rpc/protocol.ts'
import { publishHere } from '../rpc/publish.ts'
import { createAnswers } from './answers.ts'
import { type ApplicationStop, hasOwnStop, stopApplication } from './application-stop.ts'
import { connectionMoves, takeConnections } from './arriving.ts'
import { callbacksOf } from './callback-modules.ts'
import { takeChannel } from './channel.ts'
import { endClusterWorkers, onSharedSocket } from './cluster-workers.ts'
import { useCompileCache } from './compile-cache.ts'
import { trackConnections } from './connections.ts'
import { drain } from './drain.ts'
import { createDrainHandlers } from './drain-handlers.ts'
import { drainLimit, drainSignal } from './drain-limit.ts'
import type { CutoverCallbacks, PeerExchange } from './exchange.ts'
import type { PeerHandle } from './handle.ts'
import { hotFunctions } from './hot.ts'
import { beforeExit } from './last-act.ts'
import { closedBeforeCutover, drainsAlready } from './lifecycle-errors.ts'
import { takeListening } from './listening.ts'
import { loadExchange } from './load-exchange.ts'
import { surviveLostOutput } from './lost-output.ts'
import { moveConnections } from './moving.ts'
import { takeAway } from './note.ts'
import { trackOwnCalls } from './own-calls.ts'
import { createParking } from './parking.ts'
import { takeProbes } from './probes.ts'
import { resetStreams, resetStreamsBeforeKill } from './reset-streams.ts'
import { createPeerSockets } from './sockets.ts'
import { peerTransfers } from './transfer.ts'

type PeerState =
  | { state: 'booting' }
  /** Every endpoint is held; waits for the cutover. */
  | { state: 'ready' }
  | { state: 'serving' }
  /** Another generation serves, and may be gone back from. */
  | { state: 'parked' }
  | { state: 'draining'; stage: DrainStage }

/** Runs this process as a peer: from before the application's first line until its end. */
export function runPeer(identity: PeerIdentity, release: ReleaseToRun): void {
  const compileCache = useCompileCache(release.compileCache)
  const channel = takeChannel()
  surviveLostOutput()
  const connections = trackConnections()
  const answers = createAnswers(count => void parent.answered.asEvent(count).catch(() => undefined))
  const application: ApplicationStop = { stop: null }
  let state: PeerState = { state: 'booting' }
  let starting = 0
  const { shutdownTimeout = identity.shutdownTimeout } = release
  let cutover: CutoverCallbacks = callbacksOf(release)
  let opened: PeerExchange | null = null
  let mover: ProcessMover | null = null
  const drains = createDrainHandlers(drainLimit(shutdownTimeout))

  const probes = takeProbes(identity, release)
  const listening = takeListening(identity.endpoints, {
    adopted: (server, endpoint) => {
      connections.watch(server)
      if (endpoint) probes.serves(endpoint, server)
      answers.watch(server)
      if (state.state === 'booting') channel.hold()
    },
    // Not at once: whoever only wants to know whether a port is free closes its server when that listens.
    complete: () => void setImmediate(settle),
    lost: endpoint =>
      crash(
        `all node:cluster workers that served ${endpointLabel(endpoint)} have ended; the peer is restarted`,
      ),
    // A parent that cannot be told is gone, which is heard of elsewhere.
    elsewhere: address => void parent.listensElsewhere.asEvent(address).catch(() => undefined),
    warn: message => process.emitWarning(message, 'BeamDeployWarning'),
  })

  onSharedSocket(identity.endpoints, endpoint =>
    crash(
      `workers listen on ${endpointLabel(endpoint)} by themselves, since cluster.schedulingPolicy is SCHED_NONE, so ` +
        'that no cutover is possible. Remove that setting, or use --peers instead of node:cluster',
    ),
  )

  const transfers = peerTransfers(channel, () => parent)
  const moves = connectionMoves(transfers, listening)
  const parking = createParking({ listening, connections, moves, channel, mover: () => mover })
  takeConnections(transfers, listening, connections, () => state.state === 'serving')
  const functions: PeerFunctions = {
    ...transfers.functions,
    accept: async () => {
      if (state.state === 'draining') throw drainsAlready()
      if (!listening.isComplete()) throw closedBeforeCutover()
      state = { state: 'serving' }
      drains.over()
      mover?.serving()
      await listening.accept()
      channel.release()
    },
    retire: () => {
      // With the sockets gone, nothing else may keep this process until it is told to drain.
      channel.hold()
      void listening.retire()
      drains.begin()
    },
    park: () => {
      if (state.state !== 'serving' || !parking.begin()) return false
      state = { state: 'parked' }
      drains.begin()
      return true
    },
    unpark: async () => {
      if (state.state !== 'parked' || !(await parking.undo())) return false
      state = { state: 'serving' }
      drains.over()
      return true
    },
    drain: handOver => void endServing(handOver),
    countAnswers: answers.count,
    load: () => ({
      ...connections.load(),
      ...(state.state === 'draining' && { stage: state.stage }),
      ...opened?.load(),
    }),
    events: published => {
      for (const { name, message } of published) publishHere(name, message)
    },
    ...hotFunctions(() => listening.isClustered()),
    ...probes.functions,
  }
  const parent = connect<ParentFunctions, PeerFunctions>(functions, ipcWire(channel.send, channel.receive))
  const own = trackOwnCalls(parent)

  function settle(): void {
    if (state.state !== 'booting' || starting > 0 || !listening.isComplete()) return
    compileCache.keep()
    state = { state: 'ready' }
    void parent.ready.asEvent(...probes.declared()).catch(() => undefined)
  }

  function reached(stage: DrainStage): void {
    state = { state: 'draining', stage }
  }

  function exchange(): PeerExchange {
    opened ??= loadExchange(identity, () => cutover)
    return opened
  }

  /** With `handOver` another generation serves in the place of this one. */
  async function endServing(handOver = false): Promise<void> {
    if (state.state === 'draining') return
    reached('connections')
    const farewell = handOver ? cutover.before : undefined
    const handedOver = listening.retire()
    if (handOver) drains.begin()
    // With the sockets gone, nothing else may keep this process until then.
    channel.hold()
    await own.answered()
    channel.release()
    const { limit, signal } = drainSignal(shutdownTimeout)
    resetStreamsBeforeKill(connections, shutdownTimeout)
    await Promise.all([
      // First: what of a drain is under way ends, before the next one begins.
      parking.become(handOver, signal),
      drain(connections, {
        signal,
        awaitUpgraded: !hasOwnStop(application),
        moving: handOver ? moveConnections(connections, moves) : null,
      }).then(() => reached('processes')),
      listening.isClustered() && endClusterWorkers(handedOver, signal),
      drains.settled(signal),
      opened?.leaveLeases(signal),
    ])
    // What came on the last of the connections may have begun something.
    await drains.settled(signal)
    drains.stopping()
    mover?.stopping()
    reached('stop')
    const { connections: left } = connections.load()
    if (signal.aborted && left > 0) {
      process.emitWarning(
        `${left} connections were still open after ${limit} ms; stopping`,
        'BeamDeployWarning',
      )
    }
    if (farewell) {
      beforeExit(() => {
        reached('beforeCutover')
        return exchange().sayFarewell(farewell)
      })
    }
    try {
      if (!(await stopApplication(application))) return
      await resetStreams(connections)
      process.exit(0)
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    }
  }

  channel.onDisconnect(() => {
    if (identity.note !== undefined) takeAway(identity.note)
    // What the application has asked for is not answered any more.
    transfers.close('the parent has ended')
    parent.$close(new BeamDeployError('peer_gone', 'the parent has ended', { phase: 'control' }))
    if (state.state === 'booting' || state.state === 'ready') process.exit(1)
    if (shutdownTimeout !== null) setTimeout(() => process.exit(1), shutdownTimeout).unref()
    void endServing()
  })

  const handle: PeerHandle = {
    protocol: identity.protocol,
    identity,
    release,
    parent: own.operations,
    exchange,
    onCutover: callbacks => {
      cutover = { ...cutover, ...callbacks }
      if (cutover.after) exchange()
    },
    drains,
    onHealthCheck: probes.declare,
    sockets: createPeerSockets(transfers, connections, listening),
    movesProcesses: given => {
      mover = given
      if (state.state === 'serving') given.serving()
    },
    starting: () => {
      starting += 1
      return stop => {
        starting -= 1
        application.stop = stop
        settle()
      }
    },
  }
  Object.defineProperty(globalThis, PEER_GLOBAL, { value: handle })
  // Who is never listened to cannot be called.
  if (cutover.after) exchange()
}

/** The parent restarts this peer, or shows the message as the reason why it did not start. */
function crash(message: string): void {
  process.stderr.write(`beam-deploy: ${message}\n`)
  process.exit(1)
}
