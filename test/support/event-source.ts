import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Scope } from './scope.ts'

export interface ReceivedEvent {
  id: number
  data: string
}

export interface EventSourceClient {
  events: readonly ReceivedEvent[]
  /** How often it has connected. */
  connections(): number
  /** Resolves when an event with this data has come. */
  received(data: string): Promise<void>
}

/** Milliseconds, as a server would set with `retry:`. */
const RETRY_MS = 10

/** Reads server-sent events as a browser does: whenever the connection ends, it connects again, and says which event it had last. */
export function eventSource(t: Scope, url: string): EventSourceClient {
  const events: ReceivedEvent[] = []
  const waiting: { data: string; resolve: () => void }[] = []
  let connections = 0
  let request: http.ClientRequest | null = null
  let open = true
  t.after(() => {
    open = false
    request?.destroy()
  })

  function dispatch(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
    const event = { id: Number(field('id')), data: field('data') }
    events.push(event)
    for (const { data, resolve } of waiting) if (data === event.data) resolve()
  }
  function read(): Promise<void> {
    connections += 1
    const last = events.at(-1)
    return new Promise(resolve => {
      request = http.get(
        url,
        { agent: false, headers: last ? { 'last-event-id': last.id } : {} },
        response => {
          let text = ''
          response.setEncoding('utf8').on('data', (more: string) => {
            const blocks = (text + more).split('\n\n')
            // What is not whole when the connection ends is none.
            text = blocks.pop() ?? ''
            for (const block of blocks) dispatch(block)
          })
          response.once('error', () => undefined)
          response.once('close', resolve)
        },
      )
      request.once('error', () => resolve())
    })
  }
  const run = async () => {
    while (open) {
      await read()
      await delay(RETRY_MS)
    }
  }
  void run()
  return {
    events,
    connections: () => connections,
    received: data => new Promise(resolve => waiting.push({ data, resolve })),
  }
}
