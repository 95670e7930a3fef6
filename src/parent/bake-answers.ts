import { type AnswerCount, LEAST_ANSWERS } from '../rpc/answer-count.ts'
import type { Generation } from './generation.ts'

/** Has every peer of a generation count what it answers, until that is disposed of; `tooMany` is told when the share of 5xx passes `limit`. */
export function countAnswers(
  generation: Generation,
  limit: number,
  tooMany: (reason: string) => void,
): Disposable {
  const counts = new Map<string, AnswerCount>()
  const peers = generation.livingPeers()
  const look = () => {
    const all = [...counts.values()]
    const answers = all.reduce((sum, count) => sum + count.answers, 0)
    const errors = all.reduce((sum, count) => sum + count.errors, 0)
    if (answers < LEAST_ANSWERS || errors <= limit * answers) return
    tooMany(`${errors} of ${answers} answers had a status of 500 or more, and the limit is ${percent(limit)}`)
  }
  for (const peer of peers) {
    peer.countAnswers(limit, count => {
      counts.set(peer.id, count)
      look()
    })
  }
  return {
    [Symbol.dispose]: () => {
      for (const peer of peers) peer.countAnswers(null)
    },
  }
}

const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`
