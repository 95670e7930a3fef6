import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Status } from '../../src/rpc/contracts.ts'
import { until } from '../parent/support.ts'
import { asksFor, assertNoOverlap, begun, UNTIL_TOLD } from '../support/leases.ts'
import { packRunner, type Runner, startRunner } from '../support/run-code.ts'

const SWAPS = 30
const NAME = 'single'

/** How releases give up the lease: at once, after a while without a look at the signal, by an error; and one whose work fails at first. */
const WORKS = [
  UNTIL_TOLD,
  `${UNTIL_TOLD}; await new Promise(resolve => setTimeout(resolve, 60))`,
  `${UNTIL_TOLD}; signal.throwIfAborted()`,
  `if (!kept.has('tried')) { kept.set('tried', true); throw new Error('expected') }; ${UNTIL_TOLD}`,
]

/** What happens to the process that has the lease, beside the swap. */
const ACCIDENTS = ['none', 'killed before', 'killed during', 'killed after', 'another killed'] as const

test('over 30 swaps with peers killed at any time, never have two processes the lease, and somebody has it in the end', async t => {
  const archives = await Promise.all(
    WORKS.map((work, index) => packRunner(t, `${index + 1}.0.0`, { boot: asksFor(NAME, work) })),
  )
  const app = await startRunner(t, archives[0] ?? '', { args: ['--peers', '2'] })
  const killed = new Set<number>()
  const kill = (pid: number) => {
    killed.add(pid)
    process.kill(pid, 'SIGKILL')
  }
  await holderIn(app, 1)
  for (let swap = 0; swap < SWAPS; swap += 1) {
    const accident = ACCIDENTS[swap % ACCIDENTS.length]
    // Every accident meets every work.
    const archive = archives[(swap + Math.floor(swap / ACCIDENTS.length)) % archives.length] ?? ''
    const old = await holderIn(app, swap + 1)
    if (accident === 'killed before') kill(old)
    if (accident === 'another killed') kill(await otherThan(app, old))
    const upgrade = app.upgrade(archive)
    if (accident === 'killed during') {
      // At any step of it.
      for (let look = 0; look <= swap * 3; look += 1) await statusOf(app)
      if (await isHolder(app, old)) kill(old)
    }
    const { generation } = await upgrade
    const next = await holderIn(app, generation)
    if (accident === 'killed after') {
      kill(next)
      await until(async () => (await holderIn(app, generation)) !== next)
    }
  }
  assertNoOverlap(app)
  assertOneAfterTheOther(app, killed)
  assert.ok(begun(app, NAME).length > SWAPS)
  const { leases } = await statusOf(app)
  assert.deepEqual(
    leases.map(({ name, state }) => [name, state]),
    [[NAME, 'held']],
  )
})

/** As a peer sees it: a command would be a process for each look. One that is killed does not answer. */
const statusOf = (app: Runner): Promise<Status> =>
  until(async () => {
    const answer = await app.run('return beam.status()').catch(() => null)
    return answer?.value as Status | undefined
  })

/** Resolves to the process of that generation that has the lease, when its work has begun. */
const holderIn = (app: Runner, generation: number): Promise<number> =>
  until(async () => {
    const { leases } = await statusOf(app)
    const held = leases.find(({ name }) => name === NAME)
    if (held?.state !== 'held' || held.generation !== generation) return null
    return begun(app, NAME).at(-1)?.pid === held.pid && held.pid
  })

async function isHolder(app: Runner, pid: number): Promise<boolean> {
  const { leases } = await statusOf(app)
  return leases.some(lease => lease.state === 'held' && lease.pid === pid)
}

async function otherThan(app: Runner, pid: number): Promise<number> {
  return until(async () => {
    const { peers } = await statusOf(app)
    return peers.find(peer => peer.state === 'serving' && peer.pid !== pid)?.pid
  })
}

/** Each has noted its end, or was killed, before the next has noted its begin. */
function assertOneAfterTheOther({ notes }: Runner, killed: ReadonlySet<number>): void {
  let holder: number | null = null
  for (const line of notes()) {
    const [, what, pid] = new RegExp(`^\\S+ (begin|end) ${NAME} (\\d+)$`).exec(line) ?? assert.fail(line)
    if (what === 'end') assert.equal(Number(pid), holder, line)
    else assert.ok(holder === null || killed.has(holder), `${line}, and ${holder} has not let go`)
    holder = what === 'begin' ? Number(pid) : null
  }
}
