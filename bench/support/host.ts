import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release } from 'node:os'

/** Above this, others use the host: the figures are theirs as much as ours. */
const BUSY = 0.5

/** The two cores on which server and load are kept apart; `null` where the host has no such thing. */
export const CORES: { server: number; load: number } | null = canPin() ? { server: 0, load: 1 } : null

function canPin(): boolean {
  return availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0
}

/** Keeps all threads of a process, and those it will start, on one core. */
export function pin(pid: number, core: number): void {
  const { status, stderr } = spawnSync('taskset', ['-acp', String(core), String(pid)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`taskset could not pin process ${pid}: ${stderr}`)
}

/** What the figures depend on. */
export function describeHost() {
  return {
    node: process.version,
    kernel: release(),
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    load: loadavg()[0] ?? Number.NaN,
  }
}

export function formatHost({ node, kernel, cores, cpu, load }: ReturnType<typeof describeHost>): string {
  const busy = load > BUSY ? ': BUSY, the figures are not to be trusted' : ''
  return `Node.js ${node}, ${cores} × ${cpu}, kernel ${kernel}, load average ${load.toFixed(2)}${busy}`
}
