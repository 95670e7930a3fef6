import { peerHandle } from '../../peer/handle.ts'
import type { Exchange } from '../../rpc/exchange.ts'
import { createInstance, type Definition } from '../instance.ts'
import { here, type Operations } from '../operations.ts'
import { createArrivals } from './arrivals.ts'
import { ANSWER, NAMES, OPERATE, type OperateArgs, TAKE, UNTIL_MOVED } from './contract.ts'
import { createDepartures } from './departures.ts'

/** Processes with `handoff` in a peer: they come from the peer that this one replaces, and go to the one that replaces it. */
export interface Moving {
  /** Of every definition: they find out where a process is. */
  operations: Operations
  /** There is a definition with `handoff`: from now on other peers can ask. */
  prepare(): void
}

/**
 * Where this peer stands. `leaving`: the processes that are still here are on their way, or waited for; all others are with the `incoming`
 * peer, or, when nobody replaces this one, with the `outgoing` one.
 */
export type Stage =
  | { stage: 'booting' }
  | { stage: 'serving' }
  | { stage: 'leaving'; to: 'incoming' | 'outgoing' }
  /** The application is being told to stop: what it stops now are not the processes of the next release. */
  | { stage: 'stopping'; to: 'incoming' | 'outgoing' }

/** What both directions share. */
export interface MovingParts {
  definitions: ReadonlyMap<string, Definition>
  exchange: Exchange
  stage(): Stage
}

/** `null` where processes stay: outside of a peer, and where its parent is of a version that does not tell of cutovers. */
export function createMoving(definitions: ReadonlyMap<string, Definition>): Moving | null {
  const peer = peerHandle()
  if (!peer?.movesProcesses || !peer.exchange) return null
  const { exchange } = peer
  let stage: Stage = { stage: 'booting' }
  let both: ReturnType<typeof createBoth> | null = null

  function createBoth() {
    const parts: MovingParts = { definitions, exchange: exchange(), stage: () => stage }
    const arrivals = createArrivals(parts)
    const departures = createDepartures(parts, arrivals)
    parts.exchange.expose({
      [NAMES]: () => [...definitions.values()].filter(({ spec }) => spec.handoff).map(({ name }) => name),
      [UNTIL_MOVED]: () => departures.over,
      [TAKE]: departures.takeOrPass,
      [ANSWER]: arrivals.answer,
      [OPERATE]: (...args: OperateArgs) => arrivals.operate(...args),
    })
    return { arrivals, departures }
  }

  peer.movesProcesses({
    serving: () => {
      stage = { stage: 'serving' }
      both?.arrivals.serving()
    },
    hasSome: () => both !== null,
    leaving: async (hasSuccessor, signal) => {
      if (!both) return
      // Nobody replaces this one: only what was awaited here is elsewhere, still in the peer that this one was to replace.
      if (!hasSuccessor && both.arrivals.areOver()) return
      stage = { stage: 'leaving', to: hasSuccessor ? 'incoming' : 'outgoing' }
      await both.departures.leave(signal)
    },
    stopping: () => {
      if (stage.stage === 'leaving') stage = { stage: 'stopping', to: stage.to }
    },
  })

  /** Whom to ask instead, where the process is not here. One that may still come is: messages for it wait here. */
  function elsewhere(definition: Definition, id: string | null): Operations | null {
    if (!both || !definition.spec.handoff || definition.instances.has(id)) return null
    switch (stage.stage) {
      case 'booting':
        return null
      case 'serving':
        if (both.arrivals.areExpected(definition.name)) expectInstance(definition, id)
        return null
      case 'leaving':
      case 'stopping':
        return both.departures.operationsThere(definition)
      default: {
        const unreachable: never = stage
        throw new Error(`unknown stage ${JSON.stringify(unreachable)}`)
      }
    }
  }

  /** The same, when a move that is under way has ended. */
  async function settled(definition: Definition, id: string | null): Promise<Operations> {
    await both?.departures.whenMoved(definition.instances.get(id))
    return elsewhere(definition, id) ?? here
  }

  return {
    prepare: () => {
      both ??= createBoth()
    },
    operations: {
      start: async (definition, id, args) => {
        const where = await settled(definition, id)
        if (where !== here || !both || !definition.spec.handoff) await where.start(definition, id, args)
        else await both.arrivals.start(definition, id, args)
      },
      stop: async (definition, id, reason) => {
        const where = await settled(definition, id)
        if (where === here || stage.stage !== 'stopping') await where.stop(definition, id, reason)
      },
      call: (definition, ...rest) => (elsewhere(definition, rest[0]) ?? here).call(definition, ...rest),
      cast: (definition, ...rest) => (elsewhere(definition, rest[0]) ?? here).cast(definition, ...rest),
      suspend: async (definition, id) => (await settled(definition, id)).suspend(definition, id),
      resume: async (definition, id) => (await settled(definition, id)).resume(definition, id),
      getState: async (definition, id) => (await settled(definition, id)).getState(definition, id),
      replaceState: async (definition, id, replacement) =>
        (await settled(definition, id)).replaceState(definition, id, replacement),
    },
  }
}

/** A place for a process that may come, though nobody has started it here. */
function expectInstance(definition: Definition, id: string | null): void {
  const instance = createInstance(definition, id, [])
  instance.life = { state: 'arriving' }
  instance.isUnclaimed = true
  definition.instances.set(id, instance)
}
