import net from 'node:net'
import { BeamDeployError } from '../errors.ts'
import { createExchange, type Exchange } from './exchange.ts'
import type { ExchangeFunctions, ExchangeParentFunctions, Remote } from './exchange-contracts.ts'
import { frameWire } from './frames.ts'
import { connect } from './ipc.ts'
import type { LeaseFunctions, LeaseParentFunctions } from './lease-contracts.ts'

export interface RemoteExchange extends Exchange {
  /** Tells the parent. What cannot be told, since that is gone, is let go. */
  leases: LeaseParentFunctions
  handOver: Remote<ExchangeParentFunctions>['handOver']
}

type PeerFunctions = ExchangeFunctions & LeaseFunctions

/**
 * Opens this process's end of the wire for values, on an inherited descriptor. The wire keeps the process alive while a call of
 * its own is under way, and not because it could be called.
 *
 * @param who names this process in errors.
 * @param functions what else the parent may call, or tell; `closed`, that it is gone.
 */
export function openExchange(
  who: string,
  fd: number,
  { closed, ...offered }: Omit<PeerFunctions, 'call'> & { closed(): void },
): RemoteExchange {
  const socket = new net.Socket({ fd, readable: true, writable: true })
  // A parent that is gone is heard of elsewhere.
  socket.on('error', () => undefined)
  const functions: PeerFunctions = {
    ...offered,
    call: (name, args) => exchange.answer(name, args),
  }
  const rpc = connect<ExchangeParentFunctions & LeaseParentFunctions, PeerFunctions>(
    functions,
    frameWire(socket),
  )
  socket.once('close', () => {
    rpc.$close(new BeamDeployError('peer_gone', 'the parent has ended', { phase: 'control' }))
    closed()
  })
  socket.unref()

  let pending = 0
  const held = async <T>(call: Promise<T>): Promise<T> => {
    pending += 1
    socket.ref()
    try {
      return await call
    } finally {
      pending -= 1
      if (pending === 0) socket.unref()
    }
  }
  const parent: Remote<ExchangeParentFunctions> = {
    open: () => held(rpc.open()),
    putHandoff: entries => held(rpc.putHandoff(entries)),
    getHandoff: key => held(rpc.getHandoff(key)),
    getAllHandoff: () => held(rpc.getAllHandoff()),
    relatives: () => held(rpc.relatives()),
    callPeer: (peer, name, args) => held(rpc.callPeer(peer, name, args)),
    callParentChild: (child, method, args) => held(rpc.callParentChild(child, method, args)),
    handOver: (result, failure) => held(rpc.handOver(result, failure)),
  }
  const untold = () => undefined
  const leases: LeaseParentFunctions = {
    askLease: (claim, name, terms) => void rpc.askLease.asEvent(claim, name, terms).catch(untold),
    leavesLease: claim => void rpc.leavesLease.asEvent(claim).catch(untold),
    endLease: (claim, outcome) => void rpc.endLease.asEvent(claim, outcome).catch(untold),
  }
  const exchange = createExchange(who, parent)
  void rpc.open.asEvent().catch(() => undefined)
  return { ...exchange, leases, handOver: parent.handOver }
}
