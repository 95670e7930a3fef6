import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Scope } from '../../test/support/scope.ts'
import { killProcess } from './processes.ts'

/** Times are milliseconds on the clock of `process.hrtime`. */
export type PacedCommand =
  | { kind: 'aim'; port: number; rate: number; connections: number }
  | { kind: 'take'; from: number; to: number }
  | { kind: 'pause' }

export interface PacedReply {
  latencies: number[]
  failures: number
}

export interface PacedLoad {
  /** From now on `rate` requests a second go to `port`. */
  aim(target: { port: number; rate: number; connections: number }): void
  pause(): void
  /** The latencies (ms) of the requests that were due from `from` to `to`, once all are answered. */
  take(from: number, to: number): Promise<PacedReply>
}

/** Load at a fixed rate, from a process of its own. */
export function startPacedLoad(scope: Scope): PacedLoad {
  const child = fork(fileURLToPath(new URL('./paced-load-process.ts', import.meta.url)))
  scope.after(() => killProcess(child))
  const command = (message: PacedCommand) => void child.send(message)
  return {
    aim: target => command({ kind: 'aim', ...target }),
    pause: () => command({ kind: 'pause' }),
    take: async (from, to) => {
      command({ kind: 'take', from, to })
      const [reply] = (await once(child, 'message')) as [PacedReply]
      return reply
    },
  }
}
