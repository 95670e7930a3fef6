import http from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

/** Clients of one kind, and what became of every request they made. */
export interface Clients {
  kind: string
  requests: number
  /** By version. */
  answers: Map<string, number>
  /** By reason. */
  failures: Map<string, number>
}

export interface Load {
  clients: Clients[]
  /** Resolves at the first answer of `version` from now on; rejects when `signal` is aborted. */
  firstAnswerOf(version: string, signal: AbortSignal): Promise<void>
  /** Resolves when every request that was begun has ended. */
  stop(): Promise<void>
}

/** With their pauses, some hundreds of requests a second. */
const CLIENTS_OF_A_KIND = 8
const PAUSE_MS = 30

/** Sends requests to the application at `url` until it is stopped: no request is repeated, and each is counted. */
export function applyLoad(url: string): Load {
  const answered = new EventTarget()
  const kept = newClients('kept connections')
  const fresh = newClients('new connections')
  let running = true

  async function work(clients: Clients, agent: http.Agent | false): Promise<void> {
    while (running) {
      clients.requests += 1
      try {
        const version = await request(url, agent)
        add(clients.answers, version)
        answered.dispatchEvent(new Event(version))
      } catch (error) {
        add(clients.failures, error instanceof Error ? error.message : String(error))
      }
      await delay(PAUSE_MS)
    }
  }

  const agents = Array.from(
    { length: CLIENTS_OF_A_KIND },
    () => new http.Agent({ keepAlive: true, maxSockets: 1 }),
  )
  const all = Promise.all(agents.flatMap(agent => [work(kept, agent), work(fresh, false)]))
  return {
    clients: [kept, fresh],
    firstAnswerOf: (version, signal) =>
      new Promise((resolve, reject) => {
        answered.addEventListener(version, () => resolve(), { once: true })
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
    stop: async () => {
      running = false
      await all
      for (const agent of agents) agent.destroy()
    },
  }
}

const newClients = (kind: string): Clients => ({
  kind,
  requests: 0,
  answers: new Map(),
  failures: new Map(),
})

const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)

/** Resolves to the version that answered, once its answer is whole. */
function request(url: string, agent: http.Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = agent ? {} : { connection: 'close' }
    http
      .get(`${url}/api/status`, { agent, headers }, async response => {
        try {
          const { version } = (await json(response)) as { version: string }
          if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
          resolve(version)
        } catch (error) {
          reject(error)
        }
      })
      .on('error', reject)
  })
}
