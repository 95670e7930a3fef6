import { childHandle } from './child/handle.ts'
import { BeamDeployError } from './errors.ts'
import { localLeases } from './local-leases.ts'
import { runningParent } from './parent/running.ts'
import { peerHandle } from './peer/handle.ts'
import type { Leases } from './peer/leases.ts'
import type { Operations } from './rpc/contracts.ts'
import { createExchange, type Exchange } from './rpc/exchange.ts'
import type { ExchangeParentFunctions, Remote } from './rpc/exchange-contracts.ts'
import type { Packed } from './rpc/packed.ts'
import { CLUSTER_ENV } from './rpc/protocol.ts'

/** The parent, wherever this process stands to it; `null` where there is none. */
export function operationsHere(): Remote<Operations> | null {
  const running = peerHandle()?.parent ?? childHandle()?.operations
  if (running) return running
  const parent = runningParent()
  return parent && asRemote(parent.operations)
}

let outside: Exchange | null = null
let outsideLeases: Pick<Leases, 'ask'> | null = null
let inParent: { of: object; exchange: Exchange } | null = null

/** The way to other processes. Where there is no parent, everything stays in this one: an application runs as it is. */
export function exchangeHere(): Exchange {
  const peer = peerHandle()
  if (peer) return peer.exchange ? peer.exchange() : olderParent()
  const child = childHandle()
  if (child) return child.exchange()
  const parent = runningParent()
  if (parent) {
    if (inParent?.of !== parent)
      inParent = {
        of: parent,
        exchange: createExchange('the parent', asRemote(withoutWire(parent.exchange))),
      }
    return inParent.exchange
  }
  outside ??= createExchange('this process', asRemote(withoutWire(withoutParent())))
  return outside
}

function olderParent(): never {
  throw new BeamDeployError(
    'incompatible_protocol',
    'the parent is of a version of beam-deploy that carries no values between processes. Restart it with the one that is installed now.',
    { phase: 'control' },
  )
}

/** Where leases are asked for. Without a parent this process has each that it wants. */
export function leasesHere(): Pick<Leases, 'ask'> {
  const peer = peerHandle()
  if (peer) return peer.exchange?.().leases ?? olderParent()
  if (childHandle()) throw noLeases('a parent child, which outlives every release, holds no leases')
  if (runningParent()) throw noLeases('the parent holds no leases')
  if (isPartOfPeer()) {
    throw noLeases(
      'threads and child processes of a peer hold no leases, since each of them would. Ask in the main thread, and start them from there',
    )
  }
  outsideLeases ??= localLeases()
  return outsideLeases
}

/** This process becomes the parent. */
export function refuseEarlierLeases(): void {
  if (outsideLeases) throw noLeases('lease() was called before start(), in what becomes the parent')
}

const noLeases = (what: string) =>
  new BeamDeployError(
    'lease_unavailable',
    `${what}. Call lease() in the application itself, inside of the start of start().`,
    { phase: 'control' },
  )

/** A peer leaves its number in the environment of all that it starts, threads among them. */
function isPartOfPeer(): boolean {
  const peer = process.env[CLUSTER_ENV]
  return peer === String(process.pid) || peer === String(process.ppid)
}

type LocalFunctions = Omit<ExchangeParentFunctions, 'open' | 'handOver'>

const withoutWire = (functions: LocalFunctions): ExchangeParentFunctions => ({
  ...functions,
  open: () => undefined,
  handOver: () => undefined,
})

function withoutParent(): LocalFunctions {
  const handoff = new Map<string, Packed>()
  return {
    putHandoff: entries => {
      for (const [key, value] of entries) handoff.set(key, value)
    },
    getHandoff: key => handoff.get(key) ?? null,
    getAllHandoff: () => [...handoff],
    relatives: () => ({ active: null, incoming: null, outgoing: null }),
    callPeer: () => Promise.reject(notRunning()),
    callParentChild: () => Promise.reject(notRunning()),
  }
}

export const notRunning = () =>
  new BeamDeployError(
    'not_running',
    'this process is neither a BeamDeploy parent nor one of its peers. Start the application with `beam-deploy start`, ' +
      'or call `start()` with BEAM_DEPLOY=true; from another process use the command line.',
    { phase: 'control' },
  )

/** The same functions, each with a promise of its result. */
function asRemote<Functions extends object>(functions: Functions): Remote<Functions> {
  const asynchronous = Object.entries(functions).map(([name, run]) => [
    name,
    async (...args: unknown[]) => run(...args),
  ])
  return Object.fromEntries(asynchronous) as Remote<Functions>
}
