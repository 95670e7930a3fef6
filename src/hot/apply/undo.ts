/** What has been done, so that it can be undone. */
export interface Journal {
  /** To be called before something is done, with what undoes it. */
  record(undo: () => void): void
  /** Undoes everything, the last first. Each is tried, whatever becomes of the others. */
  undo(): void
}

export function createJournal(): Journal {
  const done: (() => void)[] = []
  return {
    record: undo => void done.push(undo),
    undo: () => {
      const failures: unknown[] = []
      for (let undo = done.pop(); undo; undo = done.pop()) {
        try {
          undo()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'a hot upgrade could not be undone')
    },
  }
}

/** Sets a property, or takes it away with `null`; whatever it was can be had back. */
export function setProperty(
  target: object,
  key: PropertyKey,
  descriptor: PropertyDescriptor | null,
  journal: Journal,
): void {
  const before = Object.getOwnPropertyDescriptor(target, key)
  journal.record(() => {
    if (before) Object.defineProperty(target, key, before)
    else Reflect.deleteProperty(target, key)
  })
  if (descriptor) Object.defineProperty(target, key, descriptor)
  else if (!Reflect.deleteProperty(target, key)) throw new TypeError(`${String(key)} cannot be taken away`)
}
