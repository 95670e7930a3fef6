import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type EffectsRecorder, PATIENCE_MS } from './tally.ts'

export interface WebSocketLoad {
  port: number
  clients: number
  intervalMs: number
}

/**
 * Clients that send a number at a fixed rate, and get it back with the number that the server gives its answer. One whose WebSocket was closed opens
 * another at once; what was due meanwhile goes out then, what was under way is lost. Resolves when all is answered that ever will be.
 */
export async function webSocketClients(
  recorder: EffectsRecorder,
  { port, clients, intervalMs }: WebSocketLoad,
): Promise<void> {
  await Promise.all(Array.from({ length: clients }, () => client(recorder, port, intervalMs)))
}

type Answered = (failure: string | null) => void

async function client(
  { effects, begin, isRunning }: EffectsRecorder,
  port: number,
  intervalMs: number,
): Promise<void> {
  /** Not sent yet, and sent and not answered, by number. */
  const due = new Map<number, Answered>()
  const underWay = new Map<number, Answered>()
  let socket = connect()

  function flush(): void {
    if (socket.readyState !== WebSocket.OPEN) return
    for (const [number, answered] of due) {
      socket.send(String(number))
      due.delete(number)
      underWay.set(number, answered)
    }
  }
  function connect(): WebSocket {
    const made = new WebSocket(`ws://127.0.0.1:${port}`)
    let count = 0
    made.on('open', flush)
    made.on('message', data => {
      const [number, counted] = String(data).split(' ').map(Number)
      count += 1
      const answered = underWay.get(number ?? -1)
      underWay.delete(number ?? -1)
      if (counted !== count) answered?.(`answer ${counted} came as the ${count}.`)
      else if (answered) answered(null)
      else begin()(`${number} was answered twice`)
    })
    let failed = false
    made.on('error', () => {
      failed = true
    })
    made.on('close', code => {
      if (!isRunning()) return
      if (failed || code === 1006) effects.resets += 1
      else effects.closed = (effects.closed ?? 0) + 1
      for (const answered of underWay.values()) answered(`lost, closed with ${code}`)
      underWay.clear()
      // What cannot be opened is tried again, and not without a pause.
      if (failed) setTimeout(reconnect, intervalMs)
      else reconnect()
    })
    return made
  }
  function reconnect(): void {
    socket = connect()
  }

  for (let number = 1; isRunning(); number += 1) {
    due.set(number, begin())
    flush()
    await delay(intervalMs)
  }
  for (let waited = 0; waited < PATIENCE_MS && underWay.size > 0; waited += intervalMs)
    await delay(intervalMs)
  for (const answered of [...due.values(), ...underWay.values()]) answered('unanswered')
  socket.terminate()
}
