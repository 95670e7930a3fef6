import type { BeamDeployEvents, EventName } from '../rpc/events.ts'
import type { PublishedEvent } from '../rpc/peer-contracts.ts'
import { publishHere } from '../rpc/publish.ts'

/** Publishes an event; `app` and `at` are added to what is known of it. */
export type Publish = <Name extends EventName>(
  name: Name,
  facts: Omit<BeamDeployEvents[Name], 'app' | 'at'>,
) => void

/** Sends events to another process, in their order. */
export type Tell = (events: PublishedEvent[]) => void

/** Where the parent tells what happens: in its own process, and in every peer that is ready, serves or drains. */
export interface Events {
  publish: Publish
  /** A process that is told too, from now on. */
  add(tell: Tell): void
  remove(tell: Tell): void
}

/** How long the lives of single peers wait for more of their kind: of 64 peers each would be told 64 times. */
const GATHER_MS = 20

export function createEvents(app: string): Events {
  const waiting = new Map<Tell, PublishedEvent[]>()
  let timer: NodeJS.Timeout | undefined

  function send(): void {
    clearTimeout(timer)
    timer = undefined
    for (const [tell, events] of waiting) if (events.length > 0) tell(events.splice(0))
  }

  return {
    publish: (name, facts) => {
      const message = { app, at: new Date().toISOString(), ...facts }
      publishHere(name, message)
      for (const events of waiting.values()) events.push({ name, message })
      // What is said to a peer after a step began or ended, it hears after that.
      if (!name.startsWith('beam-deploy:peer:')) send()
      else timer ??= setTimeout(send, GATHER_MS).unref()
    },
    add: tell => void waiting.set(tell, []),
    remove: tell => void waiting.delete(tell),
  }
}
