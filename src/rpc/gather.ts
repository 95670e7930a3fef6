/** What is added in one turn, sent together. */
export interface Gathered<T> {
  /** Resolves when what it was sent with is answered. */
  add(item: T): Promise<void>
  /** Sends what was added so far, before what is sent next. */
  send(): void
}

/** No message grows without end. */
const MOST = 1_000

export function gather<T>(send: (items: T[]) => Promise<void>): Gathered<T> {
  let items: T[] = []
  let sent = Promise.withResolvers<void>()

  function sendAll(): void {
    if (items.length === 0) return
    sent.resolve(send(items))
    items = []
    sent = Promise.withResolvers()
  }

  return {
    add: item => {
      if (items.push(item) === 1) queueMicrotask(sendAll)
      const answered = sent.promise
      if (items.length >= MOST) sendAll()
      return answered
    },
    send: sendAll,
  }
}
