import type { Scope } from '../../test/support/scope.ts'

export interface OpenScope extends Scope {
  /** Undoes everything, the newest first, whatever fails on the way. */
  end(): Promise<void>
}

export function openScope(): OpenScope {
  const undos: (() => unknown)[] = []
  return {
    after: undo => void undos.push(undo),
    end: async () => {
      const errors: unknown[] = []
      for (let undo = undos.pop(); undo; undo = undos.pop()) {
        try {
          await undo()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw new AggregateError(errors, 'cleaning up failed')
    },
  }
}
