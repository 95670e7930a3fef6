import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Process, type Simulation, simulate } from './lease-simulation.ts'

const SEQUENCES = 2_000
const STEPS = 80
const NAMES = ['cron', 'queue']

test('in any order of events no lease ever has two holders, and in the end somebody has each that is wanted', async t => {
  // What work throws is printed.
  t.mock.method(process.stderr, 'write', () => true)
  let begun = 0
  for (let seed = 1; seed <= SEQUENCES; seed += 1) begun += await runSequence(seed)
  assert.ok(begun > 3 * SEQUENCES, `only ${begun} works were begun`)
})

/** Resolves to how much work was begun. */
async function runSequence(seed: number): Promise<number> {
  const random = generator(seed)
  const simulation = simulate()
  const story: string[] = []
  let unblock: (() => void) | null = random(4) === 0 ? simulation.table.block('cron') : null
  let generations = 1
  startGeneration(simulation, 1)

  const check = () => {
    for (const name of NAMES) {
      const holders = simulation.running(name).length
      assert.ok(holders <= 1, `seed ${seed}: ${holders} hold ${name}\n${story.join('\n')}`)
    }
    if (unblock) assert.equal(simulation.running('cron').length, 0, `seed ${seed}\n${story.join('\n')}`)
  }
  function open(): void {
    unblock?.()
    unblock = null
  }
  const steps: [what: string, run: (process: Process) => void][] = [
    ['ask', process => simulation.ask(process, NAMES[random(2)] ?? '')],
    ['ask', process => simulation.ask(process, NAMES[random(2)] ?? '')],
    ['serve', process => serve(simulation, process)],
    ['serve', process => serve(simulation, process)],
    ['to parent', process => deliver(process.toParent, 1)],
    ['to parent', process => deliver(process.toParent, 9)],
    ['to peer', process => deliver(process.toPeer, 1)],
    ['to peer', process => deliver(process.toPeer, 9)],
    ['all', () => deliverAll(simulation)],
    ['all', () => deliverAll(simulation)],
    ['let go', process => settleSome(process, random)],
    ['let go', process => settleSome(process, random)],
    ['done', process => [...process.works][0]?.settle.resolve()],
    ['fail', process => [...process.works][0]?.settle.reject(new Error('expected'))],
    ['release', process => void process.handles[random(2)]?.release()],
    ['leave', process => void (random(5) === 0 && process.leases.leave())],
    ['kill', process => void (random(3) === 0 && kill(process))],
    ['bury', process => void (process.state === 'killed' && simulation.bury(process))],
    ['timer', () => simulation.timers.shift()?.()],
    ['unblock', open],
    [
      'upgrade',
      () => {
        generations += 1
        startGeneration(simulation, generations)
      },
    ],
    ['go back', () => simulation.activate(Math.max(1, simulation.active - 1))],
  ]
  for (let step = 0; step < STEPS; step += 1) {
    const [what, run] = steps[random(steps.length)] ?? assert.fail()
    const process = simulation.processes[random(simulation.processes.length)] ?? assert.fail()
    story.push(`${what} (${process.generation}.${process.slot}, ${process.state})`)
    run(process)
    await turn()
    check()
  }
  open()
  await assertSomebodyHolds(simulation, check, () => `seed ${seed}\n${story.join('\n')}`)
  return simulation.begun
}

/** One more generation asks for all, and everything that was told to let go does. */
async function assertSomebodyHolds(
  simulation: Simulation,
  check: () => void,
  story: () => string,
): Promise<void> {
  const last = simulation.start(1_000, 0)
  last.state = 'serving'
  for (const name of NAMES) simulation.ask(last, name)
  simulation.activate(1_000)
  for (let round = 0; round < 10; round += 1) {
    for (const process of simulation.processes) {
      if (process.state === 'killed') simulation.bury(process)
      deliverAll(simulation)
      for (const { signal, settle } of process.works) if (signal.aborted) settle.resolve()
      await turn()
      check()
    }
  }
  for (const { claims } of simulation.table.describe())
    for (const { process } of claims) assert.notEqual(process.state, 'gone', story())
  for (const name of NAMES)
    assert.equal([...last.works].filter(work => work.name === name).length, 1, `${name}, ${story()}`)
}

function startGeneration(simulation: Simulation, generation: number): void {
  for (let slot = 0; slot < 2; slot += 1) {
    const process = simulation.start(generation, slot)
    for (const name of NAMES) simulation.ask(process, name)
    process.state = 'serving'
  }
  simulation.activate(generation)
}

/** In their order, and as many as that. */
function deliver(messages: (() => void)[], most: number): void {
  for (let count = 0; count < most && messages.length > 0; count += 1) messages.shift()?.()
}

function deliverAll({ processes }: Simulation): void {
  for (const { toParent } of processes) deliver(toParent, Infinity)
  for (const { toPeer } of processes) deliver(toPeer, Infinity)
}

function serve(simulation: Simulation, process: Process): void {
  if (process.state !== 'booting') return
  process.state = 'serving'
  simulation.activate(simulation.active)
}

function settleSome({ works }: Process, random: (below: number) => number): void {
  for (const { signal, settle } of works) {
    if (!signal.aborted) continue
    if (random(3) === 0) settle.reject(new Error('expected'))
    else settle.resolve()
  }
}

/** Nothing that it says or does from now on counts. */
function kill(process: Process): void {
  if (process.state === 'gone') return
  process.state = 'killed'
}

/** Promises that are settled have told everybody. */
const turn = () => new Promise(resolve => setImmediate(resolve))

/** The same numbers for the same seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
