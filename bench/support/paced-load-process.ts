/**
 * A program of its own: sends requests at a fixed rate, whether or not answers come, and keeps how long each took from the
 * moment when it was due. So a pause of the server is felt by every request that it delays.
 */
import http from 'node:http'
import type { PacedCommand, PacedReply } from './paced-load.ts'

interface Sample {
  /** Milliseconds on the clock of `process.hrtime`. */
  due: number
  /** `null` while it is under way. */
  latency: number | null
  failed: boolean
}

const TICK = 1
const clock = () => Number(process.hrtime.bigint()) / 1e6

let samples: Sample[] = []
let stop: () => void = () => undefined

process.on('message', (command: PacedCommand) => {
  if (command.kind === 'aim') stop = aim(command)
  else if (command.kind === 'pause') stop()
  else void take(command.from, command.to)
})

function aim({ port, rate, connections }: PacedCommand & { kind: 'aim' }): () => void {
  stop()
  samples = []
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const startedAt = clock()
  let sent = 0
  const timer = setInterval(() => {
    for (
      let due = startedAt + (sent * 1_000) / rate;
      due <= clock();
      due = startedAt + (sent * 1_000) / rate
    ) {
      sent += 1
      send(port, agent, due)
    }
  }, TICK)
  return () => {
    clearInterval(timer)
    agent.destroy()
  }
}

function send(port: number, agent: http.Agent, due: number): void {
  const sample: Sample = { due, latency: null, failed: false }
  samples.push(sample)
  const settle = (failed: boolean) => {
    sample.failed = failed
    sample.latency = clock() - due
  }
  const request = http.get({ host: '127.0.0.1', port, agent }, response => {
    response.resume()
    response.once('end', () => settle(response.statusCode !== 200))
    response.once('error', () => settle(true))
  })
  request.once('error', () => settle(true))
}

/** Waits until all that was due in the window is answered, then tells of it. */
function take(from: number, to: number): void {
  const within = samples.filter(({ due }) => due >= from && due < to)
  if (clock() < to || within.some(({ latency }) => latency === null)) {
    setTimeout(take, 20, from, to)
    return
  }
  const latencies = within.map(({ latency }) => latency ?? Number.NaN)
  const failures = within.filter(({ failed }) => failed).length
  process.send?.({ latencies, failures } satisfies PacedReply)
}
