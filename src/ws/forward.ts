import { isBeamDeployError, messageOf } from '../errors.ts'
import type { Exchange } from '../rpc/exchange.ts'
import type { PeerInfo } from '../rpc/exchange-contracts.ts'
import { DELIVER, type Delivery, type Operation } from './contract.ts'
import { callbackOf, type Done, deliveryOf, isForClient } from './operations.ts'

/** Brings what is still done here to WebSockets that have moved to where they are, in the order in which it was done. */
export interface Forwarder {
  forward(id: string, operation: Operation): void
  /** Resolves when all of it has arrived, or is lost. */
  settled(): Promise<void>
}

interface Waiting {
  delivery: Promise<Delivery>
  done: Done | undefined
}

/** @param lost is told of each failure. */
export function createForwarder(exchange: Exchange, lost: (why: Error) => void): Forwarder {
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null
  let to: PeerInfo | null = null

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const failure = await bring(batch).then(
        () => undefined,
        (error: unknown) => new Error(`the WebSocket has moved, and is not reached: ${messageOf(error)}`),
      )
      for (const { done } of batch) done?.(failure)
      if (failure) lost(failure)
    }
    running = null
  }

  async function bring(batch: Waiting[]): Promise<void> {
    const deliveries = await Promise.all(batch.map(({ delivery }) => delivery))
    // Where the one that took it has ended, it has moved on.
    for (let tries = 0; tries < 2; tries += 1) {
      to ??= (await exchange.relatives()).incoming
      if (!to) throw new Error('no peer has taken the place of this one')
      try {
        await exchange.callPeer(to, DELIVER, [deliveries])
        return
      } catch (error) {
        if (!isBeamDeployError(error) || error.code !== 'peer_gone') throw error
        to = null
      }
    }
    throw new Error('the peer that it moved to has ended')
  }

  return {
    forward: (id, operation) => {
      const done = callbackOf(operation)
      if (isForClient(operation)) waiting.push({ delivery: deliveryOf(id, operation), done })
      else if (done) process.nextTick(done)
      running ??= run()
    },
    settled: async () => {
      while (running) await running
    },
  }
}
