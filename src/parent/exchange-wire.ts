import type { Duplex } from 'node:stream'
import { BeamDeployError } from '../errors.ts'
import type { ExchangeFunctions, ExchangeParentFunctions } from '../rpc/exchange-contracts.ts'
import { frameWire } from '../rpc/frames.ts'
import { connect } from '../rpc/ipc.ts'
import { notExposed } from '../rpc/not-exposed.ts'
import type { Packed } from '../rpc/packed.ts'

/** The parent's end of the wire for the application's values, to one process. */
export interface ExchangeWire {
  /** Rejects with `not_exposed` where the process has never wanted to be called, so that nobody would answer. */
  call(name: string, args: Packed): Promise<Packed>
  afterCutover(result: Packed | null): Promise<void>
  /** Rejects what is under way, and all that comes. */
  close(reason: BeamDeployError): void
}

/** @param who names the process in errors. `stream` is `null` where there is no process at its other end. */
export function openExchangeWire(
  who: string,
  stream: Duplex | null,
  functions: Omit<ExchangeParentFunctions, 'open'>,
): ExchangeWire {
  let state: 'silent' | 'open' | { closed: BeamDeployError } = 'silent'
  const local: ExchangeParentFunctions = {
    ...functions,
    open: () => {
      if (state === 'silent') state = 'open'
    },
  }
  const remote = stream && connect<ExchangeFunctions, ExchangeParentFunctions>(local, frameWire(stream))
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
    close,
  }
}
