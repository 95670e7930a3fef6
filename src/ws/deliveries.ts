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
      for (const [id, name, args] of deliveries) {
        const tracked = find(all, id)
        // Its client has left meanwhile.
        if (!tracked) continue
        const operate = tracked.ws[name] as (...args: unknown[]) => void
        Reflect.apply(operate, tracked.ws, args)
      }
    },
  })
}

function find(all: ReadonlySet<Tracking>, id: string): Tracked | undefined {
  for (const tracking of all) {
    const tracked = tracking.byId(id)
    if (tracked) return tracked
  }
  return undefined
}
