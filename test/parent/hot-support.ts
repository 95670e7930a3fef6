import assert from 'node:assert/strict'
import type { PeerSummary, Status } from '../../src/rpc/contracts.ts'
import type { RunningApp } from '../support/beam.ts'
import { get, until } from './support.ts'

export const pidsOf = ({ peers }: Status): number[] => peers.map(({ pid }) => pid ?? 0)

/** Resolves when `count` peers serve, each of which `fits`. */
export const untilServing = (
  app: RunningApp,
  count: number,
  fits: (peer: PeerSummary) => boolean = () => true,
) =>
  until(async () => {
    const status = await app.status()
    const serving = status.peers.filter(peer => peer.state === 'serving' && fits(peer))
    return serving.length === count && status.peers.length === count && status
  })

/** The versions that answer, asked until each of the peers that serve has. */
export async function servedVersions(app: RunningApp): Promise<string[]> {
  const pids = pidsOf(
    await untilServing(app, (await app.status()).peers.filter(({ state }) => state === 'serving').length),
  )
  const versions = new Set<string>()
  const answered = new Set<number>()
  await until(async () => {
    const { version, pid } = JSON.parse(await get(app.port, '/')) as { version: string; pid: number }
    versions.add(version)
    answered.add(pid)
    return pids.every(wanted => answered.has(wanted))
  })
  return [...versions].sort()
}

/** What each of two peers answers with at `/`, last, asked until both have: JSON that has its `pid`. */
export async function bothAnswer<Answer extends { pid: number }>(app: RunningApp): Promise<Answer[]> {
  const found = new Map<number, Answer>()
  for (let asked = 0; found.size < 2 && asked < 200; asked += 1) {
    const answer = JSON.parse(await get(app.port, '/')) as Answer
    found.set(answer.pid, answer)
  }
  assert.equal(found.size, 2)
  return [...found.values()]
}
