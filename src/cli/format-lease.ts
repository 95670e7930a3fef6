import type { LeaseSummary } from '../rpc/contracts.ts'
import { formatDuration } from './duration.ts'

/** A lease for people: who has it, and who waits for it. */
export function formatLease(lease: LeaseSummary): string {
  const waiting = lease.waiting.length > 0 ? `; waiting: ${lease.waiting.join(', ')}` : ''
  return `${lease.name.padEnd(15)} ${formatHolder(lease)}${waiting}`
}

function formatHolder(lease: LeaseSummary): string {
  switch (lease.state) {
    case 'held':
      return `held by ${lease.peer} (process ${lease.pid}) for ${formatDuration(lease.heldMs)}`
    case 'releasing':
      return `held by ${lease.peer} (process ${lease.pid}), told to let go ${formatDuration(lease.releasingMs)} ago`
    case 'left':
      return `held by process ${lease.pid}, whose parent was killed, until it ends`
    case 'free':
      return 'held by nobody'
    case 'done':
      return 'done'
    default: {
      const unreachable: never = lease
      return String(unreachable)
    }
  }
}
