import type { Exchange } from '../rpc/exchange.ts'
import { DELIVER, type Delivery } from './contract.ts'
import type { Tracked, Tracking } from './track.ts'

/** Every server of this process is found by the same function. */
const taking = new WeakMap<Exchange, Set<Tracking>>()

/** Has done here what the peer that a WebSocket has come from still does to it. */
export function takeDeliveries(exchange: Exchange, tracking: Tracking): void {
  const known = taking.get(exchange)
  if (known) {
    known.add(tracking)
    return
  }
  const all = new Set([tracking])
  taking.set(exchange, all)
  exchange.expose({
    [DELIVER]: (deliveries: Delivery[]) => {
      for (const delivery of deliveries) {
        const tracked = find(all, delivery[0])
        // Where there is none its client has left meanwhile.
        if (tracked) deliver(tracked, delivery)
      }
    },
  })
}

export function deliver({ ws }: Tracked, [, name, args]: Delivery): void {
  Reflect.apply(ws[name] as (...args: unknown[]) => void, ws, args)
}

function find(all: ReadonlySet<Tracking>, id: string): Tracked | undefined {
  for (const tracking of all) {
    const tracked = tracking.byId(id)
    if (tracked) return tracked
  }
  return undefined
}
