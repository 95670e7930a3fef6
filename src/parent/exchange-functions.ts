import { BeamDeployError } from '../errors.ts'
import type { ExchangeParentFunctions, PeerInfo, Relatives } from '../rpc/exchange-contracts.ts'
import type { Generation } from './generation.ts'
import { allOf, type Generations } from './generations.ts'
import type { Handoff } from './handoff.ts'
import type { ParentChildren } from './parent-children.ts'
import type { PeerProcess } from './peer-types.ts'
import { summaryOf } from './summary.ts'

export interface ExchangeParts {
  handoff: Handoff
  children: ParentChildren
  generations(): Generations
}

/** Who asks: a peer by its place; `null`: the parent itself, or one of its children. */
export type Asking = { generation: number; slot: number } | null

/** What the parent does for the application's values. */
export function exchangeFunctions(
  { handoff, children, generations }: ExchangeParts,
  asking: Asking,
): Omit<ExchangeParentFunctions, 'open' | 'handOver'> {
  return {
    putHandoff: handoff.put,
    getHandoff: handoff.get,
    getAllHandoff: handoff.all,
    relatives: () => relativesOf(generations(), asking),
    callPeer: async (target, name, args) => findPeer(generations(), target).call(name, args),
    callParentChild: (child, method, args) => children.call(child, method, args),
  }
}

function relativesOf(generations: Generations, asking: Asking): Relatives {
  const { active, incoming, draining } = generations
  const slot = asking?.slot ?? 0
  const mine = asking?.generation ?? active?.number ?? 0
  // Whoever drains makes room for what serves, which is an older generation where that was gone back to.
  const isLeaving = draining.some(({ number }) => number === mine)
  const later = [active, incoming].find(
    generation => generation && (generation.number > mine || (isLeaving && generation === active)),
  )
  const earlier = allOf(generations).findLast(({ number }) => number < mine)
  return {
    active: infoOf(active, 0),
    incoming: infoOf(later, slot),
    outgoing: infoOf(earlier, slot),
  }
}

function infoOf(generation: Generation | null | undefined, slot: number): PeerInfo | null {
  const peer = generation?.peerIn(slot)
  if (!generation || !peer) return null
  return {
    id: peer.id,
    pid: peer.pid,
    generation: generation.number,
    slot,
    release: summaryOf(generation.release),
  }
}

function findPeer(generations: Generations, { id, pid }: Pick<PeerInfo, 'id' | 'pid'>): PeerProcess {
  for (const generation of allOf(generations)) {
    const peer = generation.livingPeers().find(candidate => candidate.id === id && candidate.pid === pid)
    if (peer) return peer
  }
  throw new BeamDeployError(
    'peer_gone',
    `peer ${id} (process ${pid}) has ended. Ask for the peers that are there now with activePeer(), incomingPeer() or outgoingPeer().`,
    { phase: 'control' },
  )
}
