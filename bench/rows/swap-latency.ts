import { setTimeout as delay } from 'node:timers/promises'
import { EXPRESS, folderOf } from '../support/apps.ts'
import { type PacedLoad, type PacedReply, startPacedLoad } from '../support/paced-load.ts'
import { startPlain } from '../support/plain.ts'
import { now, startPoller } from '../support/poller.ts'
import { gone, killProcess } from '../support/processes.ts'
import type { Row } from '../support/row.ts'
import { inPairs, median, quantile, spread } from '../support/stats.ts'
import { KEEP_ALL, startUpgrading } from '../support/upgrading.ts'

/** Requests a second, whatever the answers take: a small part of what one core serves. */
const RATE = 500
const CONNECTIONS = 16
/** After the load was aimed at a server, before anything is measured. */
const SETTLE_MS = 400
/** What still counts after the command has ended, or the second server has answered: a new process is slow at first. */
const TAIL_MS = 200

/**
 * The 99th percentile of latency while a release is swapped, from the start of the command until after its end, against
 * that of a plain server while another is started beside it, until after its first answer.
 */
export const swapLatency: Row = {
  name: 'swap-latency',
  run: async ({ scope, rounds, progress }) => {
    const app = await startUpgrading(scope, EXPRESS, KEEP_ALL)
    const version = '1.0.0'
    const dir = folderOf(scope, EXPRESS, version)
    const plain = await startPlain(scope, dir)
    const load = startPacedLoad(scope)
    const poller = startPoller(scope)
    const total = rounds(12)

    const swap = async (): Promise<PacedReply> => {
      const { archive } = await app.next()
      const from = await begin(load, app.running.port)
      const { draining } = await app.running.upgrade(archive)
      const reply = await load.take(from, now() + TAIL_MS)
      load.pause()
      await gone(draining)
      return reply
    }
    const boot = async (): Promise<PacedReply> => {
      const from = await begin(load, plain.port)
      const second = await startPlain(scope, dir)
      await (await poller.watch(second.port, version)).answered
      const reply = await load.take(from, now() + TAIL_MS)
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
    const describe = (replies: PacedReply[]) => {
      const all = replies.flatMap(({ latencies }) => latencies)
      const failed = replies.reduce((sum, { failures }) => sum + failures, 0)
      const figures = [0.5, 0.9, 0.99, 1].map(share => quantile(all, share).toFixed(1))
      return `p50 ${figures[0]}, p90 ${figures[1]}, p99 ${figures[2]}, worst ${figures[3]} ms of ${all.length} requests, ${failed} failed`
    }
    return [
      {
        what: 'p99 during a swap, against a second node booting',
        figure: median(ratios),
        digits: 2,
        budget: { max: 1.1 },
        details: [
          `ratio ${spread(ratios, 2)} over ${total} pairs, ${RATE} requests a second on ${CONNECTIONS} connections`,
          `p99 of a round (ms): ${spread(
            pairs.map(({ a }) => p99(a)),
            1,
          )}, second node ${spread(
            pairs.map(({ b }) => p99(b)),
            1,
          )}`,
          `all swaps together: ${describe(pairs.map(({ a }) => a))}`,
          `all second nodes:   ${describe(pairs.map(({ b }) => b))}`,
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
