import type { ProcessMover } from '../rpc/process-contracts.ts'
import type { Channel } from './channel.ts'
import type { Connections } from './connections.ts'
import { drain } from './drain.ts'
import type { Listening } from './listening.ts'
import { type Moves, moveConnections } from './moving.ts'

/** Lets a peer stand aside while another generation serves in its place, and come back at once. */
export interface Parking {
  /** Ends accepting and drains what there is, the application noticing neither. `false` where that is not possible. */
  begin(): boolean
  /** Accepts again, in milliseconds; `false` where it cannot. */
  undo(): Promise<boolean>
  /** What was begun goes on as a drain; resolves when the stateful processes that are to move have. */
  become(handOver: boolean, signal: AbortSignal): Promise<void>
}

interface ParkingParts {
  listening: Listening
  connections: Connections
  moves: Moves
  channel: Pick<Channel, 'hold' | 'release'>
  mover(): ProcessMover | null
}

type State =
  | { state: 'no' }
  /** `moving`: stateful processes that go to the other generation, and do not come back. */
  | { state: 'parked'; moving: Promise<void> | null; enough: AbortController; givenUp: AbortController }

export function createParking({ listening, connections, moves, channel, mover }: ParkingParts): Parking {
  let state: State = { state: 'no' }

  /** Those that the other generation waits for; the library of an older version does not say whether there are any. */
  function moveProcesses(signal: AbortSignal): Promise<void> | null {
    const processes = mover()
    return processes && (processes.hasSome?.() ?? true) ? processes.leaving(true, signal) : null
  }

  return {
    begin: () => {
      // What `node:cluster` has given to its workers cannot be taken back.
      if (listening.isClustered()) return false
      listening.park()
      // With the sockets gone, nothing else may keep this process.
      channel.hold()
      const [enough, givenUp] = [new AbortController(), new AbortController()]
      void drain(connections, {
        signal: enough.signal,
        givenUp: givenUp.signal,
        awaitUpgraded: false,
        moving: moveConnections(connections, moves),
      })
      state = { state: 'parked', moving: moveProcesses(enough.signal), enough, givenUp }
      return true
    },
    undo: async () => {
      if (state.state !== 'parked' || state.moving || !(await listening.resume())) return false
      state.givenUp.abort()
      state = { state: 'no' }
      channel.release()
      return true
    },
    become: async (handOver, signal) => {
      if (state.state === 'no') return mover()?.leaving(handOver, signal)
      const { moving, enough, givenUp } = state
      signal.addEventListener('abort', () => enough.abort(), { once: true })
      givenUp.abort()
      await (moving ?? mover()?.leaving(handOver, signal))
    },
  }
}
