import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type RunningApp, type StartOptions, startApp } from './beam.ts'
import { applyLoad, type ClientKind } from './load.ts'
import { packApp } from './pack-app.ts'

export interface SwapUnderLoad extends StartOptions {
  /** Put into both versions, by path. */
  files?: Record<string, string>
  /** All of them at once, `clients` of each. */
  kinds: readonly ClientKind[]
  clients?: number
  /** How many upgrades, from one version to the other and back. */
  swaps?: number
  /** Runs when every kind of client was answered by the version that was switched to. */
  afterSwap?: (app: RunningApp, version: string) => Promise<void>
}

const VERSIONS = ['1.0.0', '2.0.0'] as const

/**
 * Starts `fixture`, upgrades it while clients make requests, and holds that every request was answered, by the
 * version it should be. Resolves to the application, which serves on.
 */
export async function swapUnderLoad(
  t: TestContext,
  fixture: string,
  { kinds, files = {}, clients = 4, swaps = 2, afterSwap, ...start }: SwapUnderLoad,
): Promise<RunningApp> {
  const archives = await Promise.all(VERSIONS.map(version => packApp(t, fixture, { version, files })))
  const app = await startApp(t, archives[0] ?? '', start)
  const parentEnded = app.ended.then(({ code }) => {
    throw new Error(`beam-deploy start ended with ${code}:\n${app.output()}`)
  })
  parentEnded.catch(() => undefined)
  const loads = kinds.map(kind => applyLoad(app.port, kind, clients))
  const answeredBy = (version: string) =>
    Promise.race([Promise.all(loads.map(load => load.answeredBy(version))), parentEnded])
  const tallies = await (async () => {
    try {
      await answeredBy(VERSIONS[0])
      for (let swap = 1; swap <= swaps; swap += 1) {
        const version = VERSIONS[swap % 2] ?? ''
        const report = await app.upgrade(archives[swap % 2] ?? '')
        assert.equal(report.release.version, version)
        await answeredBy(version)
        await afterSwap?.(app, version)
      }
    } finally {
      await Promise.all(loads.map(load => load.stop()))
    }
    return loads.map(({ tally }) => tally)
  })()
  for (const { failures, answers, requests } of tallies) {
    assert.deepEqual(failures, [], app.output())
    assert.equal(
      [...answers.values()].reduce((sum, count) => sum + count, 0),
      requests,
    )
    assert.deepEqual([...answers.keys()].sort(), [...VERSIONS])
  }
  return app
}
