import cluster from 'node:cluster'
import { isMainThread } from 'node:worker_threads'
import { CLUSTER_ENV, PEER_ENV, type PeerIdentity } from '../rpc/protocol.ts'

/**
 * What this process is to the parent. The preload reaches worker threads and child processes too, since
 * they inherit `execArgv`: all but a peer and the cluster workers a peer forks itself are `outside`,
 * where nothing may happen.
 */
export type Role = { role: 'peer'; identity: PeerIdentity } | { role: 'cluster-worker' } | { role: 'outside' }

export function takeRole(): Role {
  if (!isMainThread) return { role: 'outside' }
  const value = process.env[PEER_ENV]
  if (value !== undefined) {
    delete process.env[PEER_ENV]
    process.env[CLUSTER_ENV] = String(process.pid)
    return { role: 'peer', identity: JSON.parse(value) as PeerIdentity }
  }
  // A process that the application forks has the same parent, and is none of ours.
  return cluster.isWorker && process.env[CLUSTER_ENV] === String(process.ppid)
    ? { role: 'cluster-worker' }
    : { role: 'outside' }
}
