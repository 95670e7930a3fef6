/**
 * Measures what DESIGN.md, section 7, promises, and prints one table. The figures are ratios taken in one run, so that they
 * mean the same on every host; a busy host still spoils them. Options: `--only NAME` (repeatable), `--rounds N`, `--long`,
 * `--json`, `--check` (exit code 1 when a budget is missed).
 */
import { parseArgs } from 'node:util'
import { clientEffects } from './rows/client-effects.ts'
import { failedRequests } from './rows/failed-requests.ts'
import { goingBack } from './rows/going-back.ts'
import { handoff } from './rows/handoff.ts'
import { hotCommand } from './rows/hot-command.ts'
import { hotLoading } from './rows/hot-loading.ts'
import { hotMemory } from './rows/hot-memory.ts'
import { hotUpgrade } from './rows/hot-upgrade.ts'
import { lease } from './rows/lease.ts'
import { manyUpgrades } from './rows/many-upgrades.ts'
import { parentMemory } from './rows/parent-memory.ts'
import { signed } from './rows/signed.ts'
import { swapLatency } from './rows/swap-latency.ts'
import { switchTime } from './rows/switch.ts'
import { throughput } from './rows/throughput.ts'
import { upgradeTime } from './rows/upgrade-time.ts'
import { describeHost, formatHost } from './support/host.ts'
import { isMet, type Measurement, type Row, type RowContext } from './support/row.ts'
import { openScope } from './support/scope.ts'
import { formatTable } from './support/table.ts'

const ROWS = [
  failedRequests,
  clientEffects,
  throughput,
  upgradeTime,
  parentMemory,
  swapLatency,
  switchTime,
  goingBack,
  signed,
  handoff,
  lease,
  manyUpgrades,
  hotUpgrade,
  hotCommand,
  hotLoading,
  hotMemory,
]

/** No row takes so long unless something hangs. */
const LIMIT_MS = 5 * 60_000
const LONG_LIMIT_MS = 60 * 60_000

const options = readOptions()

const names = ROWS.map(({ name }) => name)
const unknown = options.only?.filter(name => !names.includes(name)) ?? []
if (unknown.length > 0) refuse(`there is no row ${unknown.join(', ')}, only ${names.join(', ')}`)
const rounds = options.rounds === undefined ? null : Number(options.rounds)
if (rounds !== null && !(Number.isInteger(rounds) && rounds > 0)) refuse('--rounds is a whole number from 1')

const interrupted = Promise.withResolvers<never>()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interrupted.reject(new Error(`ended by ${signal}`)))

const host = describeHost()
const measurements: (Measurement & { row: string })[] = []
if (!options.json) process.stdout.write(`${formatHost(host)}\n\n`)
for (const row of ROWS) {
  if (options.only !== undefined && !options.only.includes(row.name)) continue
  for (const measurement of await runRow(row)) measurements.push({ row: row.name, ...measurement })
}
if (options.json) {
  const results = measurements.map(measurement => ({ ...measurement, met: isMet(measurement) }))
  process.stdout.write(`${JSON.stringify({ host, results }, null, 2)}\n`)
} else {
  process.stdout.write(`${formatTable(measurements)}\n`)
}
if (options.check && measurements.some(measurement => isMet(measurement) === false)) process.exitCode = 1

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        long: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

async function runRow(row: Row): Promise<Measurement[]> {
  const scope = openScope()
  const limit = options.long ? LONG_LIMIT_MS : LIMIT_MS
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${row.name} took more than ${limit} ms`)), limit)
  const context: RowContext = {
    scope,
    rounds: own => rounds ?? own,
    long: options.long,
    progress: text => showProgress(`${row.name}: ${text}`),
  }
  try {
    return await Promise.race([row.run(context), late.promise, interrupted.promise])
  } finally {
    clearTimeout(timer)
    showProgress('')
    await scope.end()
  }
}

function refuse(message: string): never {
  process.stderr.write(`bench: ${message}\n`)
  process.exit(2)
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
