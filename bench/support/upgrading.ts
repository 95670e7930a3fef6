import { type RunningApp, type StartOptions, startApp } from '../../test/support/beam.ts'
import type { Scope } from '../../test/support/scope.ts'
import { type App, archiveOf } from './apps.ts'
import { gone } from './processes.ts'

/** An application under BeamDeploy, and one release after another to upgrade it to. */
export interface UpgradingApp {
  /** What `--app` calls it. */
  name: string
  running: RunningApp
  /** An archive that this host has not seen yet. */
  next(): Promise<{ archive: string; version: string }>
  /** Upgrades to the next release and resolves when the former has ended; ms that the command took. */
  upgrade(): Promise<number>
}

/**
 * ext4 is slow to make files where many have just been removed (it passes over their inodes for minutes). That happens to
 * a host that upgrades every few seconds, and not to one that somebody upgrades.
 */
export const KEEP_ALL: StartOptions = { args: ['--keep-releases', '1000'] }

/** `finish` has its way with each archive before it is used. */
export async function startUpgrading(
  scope: Scope,
  app: App,
  options: StartOptions = {},
  finish: (archive: string) => Promise<unknown> = async () => undefined,
): Promise<UpgradingApp> {
  let patch = 0
  const next = async () => {
    const version = `1.0.${patch}`
    patch += 1
    const archive = await archiveOf(scope, app, version)
    await finish(archive)
    return { archive, version }
  }
  const { archive } = await next()
  const running = await startApp(scope, archive, options)
  return {
    name: app.name,
    running,
    next,
    upgrade: async () => {
      const { archive } = await next()
      const startedAt = performance.now()
      const { draining } = await running.upgrade(archive)
      const took = performance.now() - startedAt
      await gone(draining)
      return took
    },
  }
}
