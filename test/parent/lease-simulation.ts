import { createLeaseTable, type LeaseClaim, type LeaseTable } from '../../src/parent/lease-table.ts'
import { createLeases, type Lease, type Leases } from '../../src/peer/leases.ts'
import type { LeaseParentFunctions } from '../../src/rpc/lease-contracts.ts'

/** Work of a lease that runs in a simulated process. */
export interface Work {
  name: string
  signal: AbortSignal
  settle: PromiseWithResolvers<void>
}

interface Claim extends LeaseClaim {
  process: Process
  number: number
}

/** A peer: the real leases of one, over a wire that delivers when the simulation says so. */
export interface Process {
  generation: number
  slot: number
  state: 'booting' | 'serving' | 'killed' | 'gone'
  leases: Leases
  handles: Lease[]
  works: Set<Work>
  toParent: (() => void)[]
  toPeer: (() => void)[]
}

export interface Simulation {
  processes: Process[]
  table: LeaseTable<Claim>
  active: number
  /** How much work was begun so far. */
  begun: number
  /** What waits for its time. */
  timers: (() => void)[]
  start(generation: number, slot: number): Process
  ask(process: Process, name: string): void
  /** The parent hears that a killed process has ended. */
  bury(process: Process): void
  activate(generation: number): void
  /** Work that runs now, in processes that live. */
  running(name: string): Work[]
}

const TERMS = { releaseTimeout: null, kill: false }

/** The real table of a parent and the real leases of its peers, without processes and clocks. */
export function simulate(): Simulation {
  const processes: Process[] = []
  const timers: (() => void)[] = []
  const isActive = ({ process }: Claim) =>
    process.state === 'serving' && process.generation === simulation.active
  const tell = ({ process, number }: Claim, news: 'granted' | 'revoked' | 'over') =>
    process.toPeer.push(() => process.leases.lease(number, news))
  const table = createLeaseTable<Claim>({
    mayHold: isActive,
    grant: claim => tell(claim, 'granted') > 0,
    revoke: claim => void tell(claim, 'revoked'),
    over: claim => void tell(claim, 'over'),
    later: (_, next) => void timers.push(next),
  })
  const lives = (generation: number) =>
    generation === simulation.active ||
    processes.some(process => process.generation === generation && process.state !== 'gone')

  function parentOf(whose: () => Process, claims: Map<number, Claim>): LeaseParentFunctions {
    const told = (run: (process: Process) => void) => {
      const process = whose()
      process.toParent.push(() => process.state !== 'gone' && run(process))
    }
    const known = (number: number, run: (claim: Claim) => void) =>
      told(() => {
        const claim = claims.get(number)
        if (claim) run(claim)
      })
    return {
      askLease: (number, name) =>
        told(process => {
          const { generation, slot } = process
          const claim = { name, generation, slot, process, number }
          claims.set(number, claim)
          table.ask(claim)
        }),
      leavesLease: number => known(number, table.leaves),
      endLease: (number, { outcome }) => known(number, claim => table.end(claim, outcome)),
    }
  }

  const claimsOf = new Map<Process, Map<number, Claim>>()
  const simulation: Simulation = {
    processes,
    table,
    timers,
    active: 0,
    begun: 0,
    start: (generation, slot) => {
      const claims = new Map<number, Claim>()
      const process: Process = {
        generation,
        slot,
        state: 'booting',
        leases: createLeases(parentOf(() => process, claims)),
        handles: [],
        works: new Set(),
        toParent: [],
        toPeer: [],
      }
      claimsOf.set(process, claims)
      processes.push(process)
      return process
    },
    ask: (process, name) => {
      const begin = (signal: AbortSignal) => {
        const work: Work = { name, signal, settle: Promise.withResolvers() }
        process.works.add(work)
        simulation.begun += 1
        return work.settle.promise.finally(() => process.works.delete(work))
      }
      if (process.handles.some(handle => handle.name === name)) return
      const handle = process.leases.ask(name, begin, TERMS)
      process.handles.push(handle)
      void handle.ended.then(() => process.handles.splice(process.handles.indexOf(handle), 1))
    },
    bury: process => {
      process.state = 'gone'
      for (const claim of claimsOf.get(process)?.values() ?? []) table.end(claim, 'gone')
    },
    activate: generation => {
      simulation.active = generation
      table.refresh(lives)
    },
    running: name =>
      processes
        .filter(({ state }) => state === 'booting' || state === 'serving')
        .flatMap(({ works }) => [...works].filter(work => work.name === name)),
  }
  return simulation
}
