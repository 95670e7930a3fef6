/** What can stand in a {@link Queue}; the queue alone writes these. */
export interface Queued {
  before: Queued | null
  after: Queued | null
  /** `waiting`: the mailbox is full. */
  place: 'none' | 'waiting' | 'accepted'
}

/** Messages in the order in which they came. So many of them as the mailbox holds are accepted; the others wait for room. */
export interface Queue<Item extends Queued> {
  first: Item | null
  last: Item | null
  firstWaiting: Item | null
  accepted: number
  waiting: number
}

export const createQueue = <Item extends Queued>(): Queue<Item> => ({
  first: null,
  last: null,
  firstWaiting: null,
  accepted: 0,
  waiting: 0,
})

/** Whether `item` is accepted; `limit` is that of the mailbox. */
export function append<Item extends Queued>(queue: Queue<Item>, item: Item, limit: number): boolean {
  item.before = queue.last
  if (queue.last) queue.last.after = item
  else queue.first = item
  queue.last = item
  if (queue.firstWaiting === null && queue.accepted < limit) {
    item.place = 'accepted'
    queue.accepted += 1
    return true
  }
  item.place = 'waiting'
  queue.firstWaiting ??= item
  queue.waiting += 1
  return false
}

/** Before all others, whatever the limit. */
export function prepend<Item extends Queued>(queue: Queue<Item>, item: Item): void {
  item.after = queue.first
  if (queue.first) queue.first.before = item
  else queue.last = item
  queue.first = item
  item.place = 'accepted'
  queue.accepted += 1
}

/** Takes it out; nothing happens when it is not in the queue. Who waited may have room now: {@link admit}. */
export function remove<Item extends Queued>(queue: Queue<Item>, item: Item): void {
  if (item.place === 'none') return
  if (item.place === 'accepted') queue.accepted -= 1
  else queue.waiting -= 1
  if (queue.firstWaiting === item) queue.firstWaiting = item.after as Item | null
  if (item.before) item.before.after = item.after
  else queue.first = item.after as Item | null
  if (item.after) item.after.before = item.before
  else queue.last = item.before as Item | null
  item.before = null
  item.after = null
  item.place = 'none'
}

/** Accepts the first of those that wait, while there is room; `null` when there is none, or nobody waits. */
export function admit<Item extends Queued>(queue: Queue<Item>, limit: number): Item | null {
  const item = queue.firstWaiting
  if (item === null || queue.accepted >= limit) return null
  item.place = 'accepted'
  queue.accepted += 1
  queue.waiting -= 1
  queue.firstWaiting = item.after as Item | null
  return item
}
