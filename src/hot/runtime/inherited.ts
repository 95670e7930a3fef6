import { isMainThread } from 'node:worker_threads'
import { HOT_ENV } from '../../rpc/hot-contracts.ts'
import { PEER_GLOBAL } from '../../rpc/protocol.ts'

/**
 * Whether the preload is here only because worker threads and child processes inherit `execArgv` and the environment of who starts them:
 * nobody would upgrade these. A peer is none of them, whatever has started its parent.
 */
export function isInherited(): boolean {
  if (!isMainThread || process.execArgv.includes('--test')) return true
  const taken = process.env[HOT_ENV]
  return taken !== undefined && taken !== String(process.pid) && !(PEER_GLOBAL in globalThis)
}

/** What this process starts will know. */
export function tellHeirs(): void {
  process.env[HOT_ENV] = String(process.pid)
}
