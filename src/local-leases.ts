import { createLeaseTable, type LeaseClaim } from './parent/lease-table.ts'
import { createLeases, type Leases } from './peer/leases.ts'

interface LocalClaim extends LeaseClaim {
  number: number
}

/** The leases of a process without a parent: it has all that it asks for, and what fails is begun again after the same pauses. */
export function localLeases(): Leases {
  const claims = new Map<number, LocalClaim>()
  const table = createLeaseTable<LocalClaim>({
    mayHold: () => true,
    grant: ({ number }) => {
      queueMicrotask(() => leases.lease(number, 'granted'))
      return true
    },
    revoke: ({ number }) => leases.lease(number, 'revoked'),
    over: ({ number }) => queueMicrotask(() => leases.lease(number, 'over')),
    later: (ms, next) => void setTimeout(next, ms),
  })
  const leases = createLeases({
    askLease: (number, name) => {
      const claim = { name, number, generation: 0, slot: 0 }
      claims.set(number, claim)
      table.ask(claim)
    },
    // Nobody waits for it.
    leavesLease: () => undefined,
    endLease: (number, { outcome }) => {
      const claim = claims.get(number)
      if (!claim) return
      if (outcome === 'done' || outcome === 'released') claims.delete(number)
      table.end(claim, outcome)
    },
  })
  return leases
}
