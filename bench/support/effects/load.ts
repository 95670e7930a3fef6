import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Scope } from '../../../test/support/scope.ts'
import { killProcess } from '../processes.ts'
import type { Effects } from './tally.ts'

export type EffectsCommand =
  | { kind: 'begin'; port: number; http2Port: number }
  | { kind: 'swap'; begins: boolean }
  | { kind: 'stop' }

/** By kind of client. */
export interface EffectsReply {
  effects: Record<string, Effects>
}

export interface EffectsLoad {
  /** Latencies count from now on, or until now. */
  swapping(begins: boolean): void
  /** Lets the clients end; resolves to what they have met. */
  stop(): Promise<EffectsReply>
}

/** Has clients of every kind use a server, from a process of its own. */
export function startEffectsLoad(
  scope: Scope,
  { port, http2Port }: { port: number; http2Port: number },
): EffectsLoad {
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)))
  scope.after(() => killProcess(child))
  const command = (message: EffectsCommand) => void child.send(message)
  command({ kind: 'begin', port, http2Port })
  return {
    swapping: begins => command({ kind: 'swap', begins }),
    stop: async () => {
      command({ kind: 'stop' })
      const [reply] = (await once(child, 'message')) as [EffectsReply]
      await killProcess(child)
      return reply
    },
  }
}
