import { messageOf } from '../errors.ts'
import { methodsOf, type ParentChild, type ParentChildInstance } from '../parent-child.ts'
import { notExposed } from '../rpc/not-exposed.ts'
import type { ChildSpec } from './parent-children.ts'

/** A parent child that is a function of the program itself, and runs in this process. */
export function localChild({ id, start }: ParentChild): ChildSpec {
  return {
    id,
    start: async () => {
      const instance: ParentChildInstance = (await start()) ?? {}
      const methods = methodsOf(instance)
      const stopped = Promise.withResolvers<string>()
      const ended = instance.exited?.then(
        () => 'has ended',
        (error: unknown) => `has ended: ${messageOf(error)}`,
      )
      return {
        pid: process.pid,
        ended: ended ? Promise.race([ended, stopped.promise]) : stopped.promise,
        call: async (method, args) => {
          const run = methods.get(method)
          if (!run) throw notExposed(`parent child ${id}`, method, [...methods.keys()])
          const { runCall } = await import('../rpc/outcome.ts')
          return runCall(run, args, `${method}() of parent child ${id}`)
        },
        stop: async () => {
          await instance.stop?.()
          stopped.resolve('was stopped')
        },
      }
    },
  }
}
