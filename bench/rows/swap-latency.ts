import { setTimeout as delay } from 'node:timers/promises'
import { EXPRESS, folderOf } from '../support/apps.ts'
import { type PacedLoad, type PacedReply, startPacedLoad } from '../support/paced-load.ts'
import { startPlain } from '../support/plain.ts'
import { now } from '../support/poller.ts'
import { gone, killProcess } from '../support/processes.ts'
import type { Row } from '../support/row.ts'
import { inPairs, median, quantile, spread } from '../support/stats.ts'
import { startUpgrading } from '../support/upgrading.ts'

/** Requests a second, whatever the answers take: a small part of what one core serves. */
const RATE = 500
const CONNECTIONS = 16
/** From the start of the command, or of the second server; both are done well within. */
const WINDOW_MS = 1_000
/** After the load was aimed at a server, before anything is measured. */
const SETTLE_MS = 400

/**
 * The 99th percentile of latency in the second in which a release is swapped, against that of a plain server in the
 * second in which another is started beside it.
 */
export const swapLatency: Row = {
  name: 'swap-latency',
  run: async ({ scope, rounds, progress }) => {
    const app = await startUpgrading(scope, EXPRESS)
    const dir = folderOf(scope, EXPRESS, '1.0.0')
    const plain = await startPlain(scope, dir)
    const load = startPacedLoad(scope)
    const total = rounds(12)

    const swap = async (): Promise<PacedReply> => {
      const { archive } = await app.next()
      const from = await begin(load, app.running.port)
      const { draining } = await app.running.upgrade(archive)
      const reply = await load.take(from, from + WINDOW_MS)
      load.pause()
      await gone(draining)
      return reply
    }
    const boot = async (): Promise<PacedReply> => {
      const from = await begin(load, plain.port)
      const second = await startPlain(scope, dir)
      const reply = await load.take(from, from + WINDOW_MS)
      load.pause()
      await killProcess(second.child)
      return reply
    }
    const pairs = await inPairs(
      total,
      round => {
        progress(`pair ${round + 1} of ${total}`)
        return swap()
      },
      boot,
    )
    const p99 = ({ latencies }: PacedReply) => quantile(latencies, 0.99)
    const ratios = pairs.map(({ a, b }) => p99(a) / p99(b))
    const at = (share: number, side: 'a' | 'b') =>
      quantile(
        pairs.flatMap(pair => pair[side].latencies),
        share,
      ).toFixed(1)
    const failures = pairs.reduce((sum, { a, b }) => sum + a.failures + b.failures, 0)
    return [
      {
        what: 'p99 during a swap, against a second node booting',
        figure: median(ratios),
        digits: 2,
        budget: { max: 1.1 },
        details: [
          `ratio ${spread(ratios, 2)} over ${total} pairs, ${RATE} requests a second on ${CONNECTIONS} connections, ${failures} failed`,
          `all rounds together (ms), swap: p50 ${at(0.5, 'a')}, p90 ${at(0.9, 'a')}, p99 ${at(0.99, 'a')}, worst ${at(1, 'a')}`,
          `                        second: p50 ${at(0.5, 'b')}, p90 ${at(0.9, 'b')}, p99 ${at(0.99, 'b')}, worst ${at(1, 'b')}`,
        ],
      },
    ]
  },
}

async function begin(load: PacedLoad, port: number): Promise<number> {
  load.aim({ port, rate: RATE, connections: CONNECTIONS })
  await delay(SETTLE_MS)
  return now()
}
