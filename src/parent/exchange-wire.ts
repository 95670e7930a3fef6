import type { Duplex } from 'node:stream'
import { BeamDeployError } from '../errors.ts'
import type { ExchangeFunctions, ExchangeParentFunctions } from '../rpc/exchange-contracts.ts'
import { frameWire } from '../rpc/frames.ts'
import { connect } from '../rpc/ipc.ts'
import type { LeaseFunctions, LeaseNews, LeaseParentFunctions } from '../rpc/lease-contracts.ts'
import { notExposed } from '../rpc/not-exposed.ts'
import type { Packed } from '../rpc/packed.ts'

/** The parent's end of the wire for the application's values, to one process. */
export interface ExchangeWire {
  /** Rejects with `not_exposed` where the process has never wanted to be called, so that nobody would answer. */
  call(name: string, args: Packed): Promise<Packed>
  afterCutover(result: Packed | null): Promise<void>
  /** What becomes of a lease that it has asked for. */
  tellLease(claim: number, news: LeaseNews): void
  /** Rejects what is under way, and all that comes. */
  close(reason: BeamDeployError): void
}

type PeerParentFunctions = ExchangeParentFunctions & LeaseParentFunctions

/** @param who names the process in errors. `stream` is `null` where there is no process at its other end. */
export function openExchangeWire(
  who: string,
  stream: Duplex | null,
  functions: Omit<PeerParentFunctions, 'open'>,
): ExchangeWire {
  let state: 'silent' | 'open' | { closed: BeamDeployError } = 'silent'
  const local: PeerParentFunctions = {
    ...functions,
    open: () => {
      if (state === 'silent') state = 'open'
    },
  }
  const remote =
    stream && connect<ExchangeFunctions & LeaseFunctions, PeerParentFunctions>(local, frameWire(stream))
  const close = (reason: BeamDeployError) => {
    if (typeof state === 'object') return
    state = { closed: reason }
    remote?.$close(reason)
  }
  stream?.once('close', () =>
    close(new BeamDeployError('peer_gone', `${who} has ended`, { phase: 'control' })),
  )
  return {
    call: async (name, args) => {
      if (typeof state === 'object') throw state.closed
      if (state === 'silent' || !remote) throw notExposed(who, name, [])
      return remote.call(name, args)
    },
    afterCutover: async result => {
      if (state === 'open') await remote?.afterCutover(result)
    },
    // One that is gone is known by its exit.
    tellLease: (claim, news) => void remote?.lease.asEvent(claim, news).catch(() => undefined),
    close,
  }
}
