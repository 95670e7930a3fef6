import net from 'node:net'
import { BeamDeployError } from '../errors.ts'
import { createExchange, type Exchange } from './exchange.ts'
import type { ExchangeFunctions, ExchangeParentFunctions, Remote } from './exchange-contracts.ts'
import { frameWire } from './frames.ts'
import { connect } from './ipc.ts'

export interface RemoteExchange extends Exchange {
  handOver: Remote<ExchangeParentFunctions>['handOver']
}

/**
 * Opens this process's end of the wire for values, on an inherited descriptor. The wire keeps the process alive while a call of
 * its own is under way, and not because it could be called.
 *
 * @param who names this process in errors.
 */
export function openExchange(
  who: string,
  fd: number,
  afterCutover: ExchangeFunctions['afterCutover'],
): RemoteExchange {
  const socket = new net.Socket({ fd, readable: true, writable: true })
  // A parent that is gone is heard of elsewhere.
  socket.on('error', () => undefined)
  const functions: ExchangeFunctions = {
    call: (name, args) => exchange.answer(name, args),
    afterCutover,
  }
  const rpc = connect<ExchangeParentFunctions, ExchangeFunctions>(functions, frameWire(socket))
  socket.once('close', () =>
    rpc.$close(new BeamDeployError('peer_gone', 'the parent has ended', { phase: 'control' })),
  )
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
  const exchange = createExchange(who, parent)
  void rpc.open.asEvent().catch(() => undefined)
  return { ...exchange, handOver: parent.handOver }
}
