import type { Delivery, Operation } from './contract.ts'

/** Tells who did it that it is done. */
export type Done = (error?: Error) => void

/** Close codes by which a server says goodbye to all, such as when it stops; with any other it means this one client. */
const GOODBYES = new Set<unknown>([undefined, 1000, 1001, 1012])

export function callbackOf({ args }: Operation): Done | undefined {
  const last = args.at(-1)
  return typeof last === 'function' ? (last as Done) : undefined
}

/** An operation as it crosses to another process, whose arguments are copied at once: the application may use its buffer again. */
export async function deliveryOf(id: string, operation: Operation): Promise<Delivery> {
  const { name, args } = operation
  const own = callbackOf(operation) ? args.slice(0, -1) : args
  return [id, name, await Promise.all(own.map(plain))]
}

/**
 * What of that which is done to a WebSocket after it has moved is for its client. A heartbeat is not: the other peer has its own, and hears the answers. Nor is
 * what closes it because this process ends.
 */
export function isForClient({ name, args: [first] }: Operation): boolean {
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

async function plain(value: unknown): Promise<unknown> {
  if (value instanceof Blob) return Buffer.from(await value.arrayBuffer())
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return Buffer.from(new Uint8Array(value))
  if (ArrayBuffer.isView(value))
    return Buffer.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  return value
}
