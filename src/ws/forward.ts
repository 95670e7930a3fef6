import { isBeamDeployError, messageOf } from '../errors.ts'
import type { Exchange } from '../rpc/exchange.ts'
import type { PeerInfo } from '../rpc/exchange-contracts.ts'
import { DELIVER, type Delivery, type Operation } from './contract.ts'

/** Brings what is still done here to WebSockets that have moved to where they are, in the order in which it was done. */
export interface Forwarder {
  forward(id: string, operation: Operation): void
  /** Resolves when all of it has arrived, or is lost. */
  settled(): Promise<void>
}

interface Waiting {
  id: string
  name: Operation['name']
  /** A `Blob` must be read first. */
  args: Promise<unknown>[]
  done: ((error?: Error) => void) | undefined
}

/** Close codes by which a server says goodbye to all, such as when it stops; with any other it means this one client. */
const GOODBYES = new Set<unknown>([undefined, 1000, 1001, 1012])

export function createForwarder(exchange: Exchange): Forwarder {
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
    }
    running = null
  }

  async function bring(batch: Waiting[]): Promise<void> {
    const deliveries = await Promise.all(
      batch.map(async ({ id, name, args }): Promise<Delivery> => [id, name, await Promise.all(args)]),
    )
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
      const { name, args } = operation
      const last = args.at(-1)
      const done = typeof last === 'function' ? (last as () => void) : undefined
      if (!isForClient(operation)) {
        if (done) process.nextTick(done)
        return
      }
      waiting.push({ id, name, args: (done ? args.slice(0, -1) : args).map(plain), done })
      running ??= run()
    },
    settled: async () => {
      while (running) await running
    },
  }
}

/**
 * What of that which is done to a WebSocket after it has moved is for its client. A heartbeat is not: the other peer has its own, and hears the answers. Nor is
 * what closes it because this process ends.
 */
function isForClient({ name, args: [first] }: Operation): boolean {
  switch (name) {
    case 'send':
    case 'pong':
      return true
    case 'ping':
    case 'terminate':
      return false
    case 'close':
      return !GOODBYES.has(first)
    default: {
      const unreachable: never = name
      throw new Error(`unknown operation ${unreachable}`)
    }
  }
}

/** A copy at once: the application may use its buffer again. */
async function plain(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return Buffer.from(await value.arrayBuffer())
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return Buffer.from(new Uint8Array(value))
  if (ArrayBuffer.isView(value))
    return Buffer.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  return value
}
