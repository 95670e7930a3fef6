import assert from 'node:assert/strict'
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { HistoryEntry, UpgradeReport } from '../../src/rpc/contracts.ts'
import type { EncodedError } from '../../src/rpc/errors.ts'
import { type RunningApp, type StartOptions, startApp } from '../support/beam.ts'
import { type Load, newConnections } from '../support/load.ts'
import { packApp, tempDir } from '../support/pack-app.ts'
import { errorOf, lightLoad, notesOf, until } from './support.ts'

/** Packs the application that does wrong what `code` says, a body of `misbehave(request, response)`, once it was told to by {@link BakeApp.misbehave}. */
export const packBake = (t: TestContext, version: string, code = '') =>
  packApp(t, 'misbehaves', {
    version,
    files: {
      'misbehaviour.js': `
import { existsSync } from 'node:fs'
let requests = 0
export function misbehave(request, response) {
  requests += 1
  if (!existsSync(process.env.GATE)) return false
  ${code}
  return false
}
`,
    },
  })

export const CRASHES = 'process.exit(7)'
/** One request in `n` is answered with 500, from when it is to. */
export const answers500 = (n: number) => `
  if (requests % ${n} === 0) {
    response.statusCode = 500
    response.end('broken')
    return true
  }`

export interface BakeApp extends RunningApp {
  load: Load
  /** What its releases have done so far: `<version> <what>`. */
  notes(): string[]
  /** From now on the release does what it was packed for. */
  misbehave(): void
  /** Begins an upgrade, and resolves when the new release serves and the old one is parked. */
  beginBake(
    archive: string,
    time?: string,
  ): Promise<{ report: Promise<UpgradeReport>; error: Promise<EncodedError> }>
  lastUpgrade(): Promise<Partial<HistoryEntry>>
}

/** Starts it under load. */
export async function startBake(
  t: TestContext,
  archive: string,
  { env, kind = newConnections, clients, ...options }: StartOptions & BakeLoad = {},
): Promise<BakeApp> {
  const dir = tempDir(t)
  const [notes, gate] = [join(dir, 'notes'), join(dir, 'gate')]
  const app = await startApp(t, archive, { ...options, env: { ...env, NOTES: notes, GATE: gate } })
  const load = lightLoad(t, app.port, kind, clients)
  await load.answeredBy('1.0.0')
  return {
    ...app,
    load,
    notes: () => notesOf(notes),
    misbehave: () => writeFileSync(gate, ''),
    beginBake: async (path, time = '60s') => {
      const result = app.command('upgrade', path, '--bake', time, '--json')
      const [report, error] = [
        result.then(({ stdout }) => JSON.parse(stdout) as UpgradeReport),
        result.then(failed => errorOf(failed)),
      ]
      error.catch(() => undefined)
      await until(async () => (await app.status()).peers.some(({ state }) => state === 'parked'))
      return { report, error }
    },
    lastUpgrade: async () => {
      const { at: _, durationMs: __, from, to, ...entry } = (await app.status()).lastUpgrade ?? {}
      return { ...entry, from: versionOf(from), to: versionOf(to) }
    },
  }
}

interface BakeLoad {
  kind?: Parameters<typeof lightLoad>[2]
  clients?: number
}

const versionOf = (id: string | null | undefined) => id?.split('-')[0] ?? null

/** The release that `version` names is the current one: by the link, by the saved state, and by `status`. */
export async function assertCurrent(app: RunningApp, version: string): Promise<void> {
  const { release, state, upgrading } = await app.status()
  assert.deepEqual([release?.version, state, upgrading], [version, 'serving', false])
  assert.match(readlinkSync(join(app.stateDir, 'current')), new RegExp(`^releases/${version}-`))
  const { lineage } = JSON.parse(readFileSync(join(app.stateDir, 'state.json'), 'utf8'))
  assert.equal(versionOf(lineage.at(-1)), version)
}

/** Of the failures under load, those that are not what the new release did itself. */
export const notItsOwn = ({ failures }: { failures: string[] }, own: RegExp) =>
  failures.filter(failure => !own.test(failure))
