import { type BirpcReturn, createBirpc } from 'birpc'
import { BeamDeployError, messageOf } from '../errors.ts'
import { decodeError, type EncodedError, encodeError } from './errors.ts'
import { PROTOCOL_VERSION } from './protocol.ts'
import type { Transfer } from './transfer.ts'

/** Our messages travel in an envelope, so that they are told apart from an application's own. */
interface Envelope {
  beamDeploy: number
  message: unknown
}

export function isEnvelope(message: unknown): message is Envelope {
  return typeof message === 'object' && message !== null && 'beamDeploy' in message
}

/** What comes with a socket is no call: it has an envelope of its own kind. */
export function transferEnvelope(transfer: Transfer): { beamDeploy: number; transfer: Transfer } {
  return { beamDeploy: PROTOCOL_VERSION, transfer }
}

export function isTransfer(message: unknown): message is { transfer: Transfer } {
  return isEnvelope(message) && 'transfer' in message
}

export interface Wire {
  send(message: unknown): void | Promise<void>
  receive(listener: (message: unknown) => void): void
}

/**
 * Two-way calls over any wire. Errors cross as {@link EncodedError}. A call has no time limit of its own:
 * it ends with an answer or with the other process.
 */
export function connect<Remote extends object, Local extends object>(
  local: Local,
  wire: Wire,
): BirpcReturn<Remote, Local> {
  return createBirpc<Remote, Local>(local, {
    post: async data => {
      try {
        await wire.send(data)
      } catch (cause) {
        const message = `the other process is gone: ${messageOf(cause)}`
        throw new BeamDeployError('peer_gone', message, { phase: 'control', cause })
      }
    },
    on: listener => wire.receive(listener),
    serialize: (message: { e?: unknown }) =>
      message.e === undefined ? message : { ...message, e: encodeError(message.e) },
    deserialize: (message: { e?: unknown }) =>
      typeof message.e === 'object' && message.e !== null
        ? { ...message, e: decodeError(message.e as EncodedError) }
        : message,
    // An answer that cannot be sent, since the one who asked is gone, is nobody's failure; a call that cannot, its caller's.
    onGeneralError: (_error, answering) => answering !== undefined,
    bind: 'functions',
    timeout: -1,
  })
}

/** A wire of envelopes over an IPC channel. */
export function ipcWire(
  send: (envelope: Envelope) => Promise<void>,
  receive: (listener: (message: unknown) => void) => void,
): Wire {
  return {
    send: message => send({ beamDeploy: PROTOCOL_VERSION, message }),
    receive: listener =>
      receive(envelope => {
        if (isEnvelope(envelope) && !isTransfer(envelope)) listener(envelope.message)
      }),
  }
}
