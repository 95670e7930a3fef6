import { type ControlConnection, connectControl } from '../control-client.ts'
import type { ControlClientFunctions, UnpackRequest, UpgradeReport } from '../rpc/contracts.ts'
import { formatDuration } from './duration.ts'
import { type CommonOptions, last, rootOf } from './options.ts'
import { createProgress } from './progress.ts'
import { printJson } from './report.ts'

/** Asks the running parent for an upgrade or a rollback, shows its steps, and prints what became of it. */
export async function requestSwap(
  options: CommonOptions,
  unpack: (request: UnpackRequest, signal: AbortSignal) => ReturnType<ControlClientFunctions['unpack']>,
  ask: (parent: ControlConnection['parent']) => Promise<UpgradeReport>,
): Promise<void> {
  const progress = await createProgress(options)
  const failed = new AbortController()
  try {
    await using control = await connectControl(rootOf(options), last(options.app), {
      progress: ({ text }) => progress.step(text),
      unpack: request => unpack(request, failed.signal),
    })
    const report = await ask(control.parent)
    progress.done(describe(report))
    if (options.json) printJson(report)
  } catch (error) {
    // The parent may have given up, or be gone, while this process still unpacks.
    failed.abort(error)
    progress.fail()
    throw error
  }
}

function describe({ app, release, previous, durationMs, draining }: UpgradeReport): string {
  const ids = draining.length === 1 ? `process ${draining[0]}` : `processes ${draining.join(', ')}`
  const rest = draining.length > 0 ? `; ${previous.version} drains (${ids})` : ''
  return `${app} ${release.version} serves after ${formatDuration(durationMs)}${rest}`
}
