import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Scope } from '../../test/support/scope.ts'
import { killProcess } from './processes.ts'

export interface PollRequest {
  port: number
  version: string
}

/** `at`: nanoseconds on the clock of `process.hrtime`, which all processes of a host share. */
export type PollReply = { kind: 'polling' } | { kind: 'answered'; at: string }

export interface Poller {
  /** Resolves when the polling has begun, to a promise of the moment (ms, see {@link now}) of the first answer of `version`. */
  watch(port: number, version: string): Promise<{ answered: Promise<number> }>
}

/** Milliseconds on a clock that all processes of this host share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

/** Starts the process that polls; ready and warm for what is to be timed. */
export function startPoller(scope: Scope): Poller {
  const child = fork(fileURLToPath(new URL('./poller-process.ts', import.meta.url)))
  scope.after(() => killProcess(child))
  return {
    watch: (port, version) =>
      new Promise((begun, failed) => {
        const { promise, resolve, reject } = Promise.withResolvers<number>()
        const fail = (code: number | null) => {
          const error = new Error(`the poller ended with ${code}`)
          reject(error)
          failed(error)
        }
        const listener = (reply: PollReply) => {
          if (reply.kind === 'polling') {
            begun({ answered: promise })
            return
          }
          child.off('message', listener)
          child.off('exit', fail)
          resolve(Number(BigInt(reply.at)) / 1e6)
        }
        // Awaited by whoever asked; when the process is killed with the scope, nobody does.
        promise.catch(() => undefined)
        child.on('message', listener)
        child.once('exit', fail)
        child.send({ port, version } satisfies PollRequest)
      }),
  }
}
