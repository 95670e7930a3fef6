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
