import assert from 'node:assert/strict'
import type { LeaseSummary } from '../../src/rpc/contracts.ts'
import { until } from '../parent/support.ts'
import type { RunningApp } from './beam.ts'
import type { Runner } from './run-code.ts'

/** Until its signal is aborted. */
export const UNTIL_TOLD = 'await told'

/**
 * What a release of the fixture `runs-code` does at boot to ask for a lease. Whoever holds it also holds a socket that the kernel gives to
 * one process alone, and takes back at its end, however that comes; who does not get it notes `OVERLAP`.
 *
 * @param work the body of an asynchronous function, with `signal`, `told` (a promise), `note`, `beam` and `kept` in scope.
 */
export const asksFor = (name: string, work = UNTIL_TOLD, options = '{}') => `async ({ beam, note, kept }) => {
  const net = await import('node:net')
  const { once } = await import('node:events')
  kept.set('${name}', beam.lease('${name}', async signal => {
    const told = signal.aborted ? Promise.resolve() : once(signal, 'abort')
    const lock = net.createServer()
    try {
      await new Promise((resolve, reject) => lock.once('error', reject).listen('\\0${name}' + process.env.NOTES, resolve))
    } catch (error) {
      note('OVERLAP ' + error.message)
      throw error
    }
    note('begin ${name} ' + process.pid)
    try {
      ${work}
    } finally {
      note('end ${name} ' + process.pid)
      lock.close()
    }
  }, ${options}))
}`

/** Who has begun with a lease, in that order. */
export const begun = ({ notes }: Runner, name: string): { version: string; pid: number }[] =>
  notes().flatMap(line => {
    const [, version, pid] = new RegExp(`^(\\S+) begin ${name} (\\d+)$`).exec(line) ?? []
    return version !== undefined ? [{ version, pid: Number(pid) }] : []
  })

/** Resolves to the process that is the `count`th to begin with a lease. */
export const untilBegun = (app: Runner, name: string, count: number) =>
  until(() => begun(app, name)[count - 1])

/** No two processes had a lease at the same time. */
export const assertNoOverlap = ({ notes }: Runner): void =>
  assert.deepEqual(
    notes().filter(line => line.includes('OVERLAP')),
    [],
  )

export async function leaseOf(app: RunningApp, name: string): Promise<LeaseSummary> {
  const { leases } = await app.status()
  return leases.find(lease => lease.name === name) ?? assert.fail(`there is no lease ${name}`)
}
