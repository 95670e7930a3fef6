import { rmSync } from 'node:fs'
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
  const unpacked: { into: string; ended: Promise<unknown> }[] = []
  try {
    await using control = await connectControl(rootOf(options), last(options.app), {
      progress: ({ text }) => progress.step(text),
      unpack: request => {
        const result = unpack(request, failed.signal)
        unpacked.push({ into: request.into, ended: Promise.allSettled([result]) })
        return result
      },
    })
    const report = await ask(control.parent)
    progress.done(describe(report))
    if (options.json) printJson(report)
  } catch (error) {
    // The parent may have given up, or be gone, while this process unpacked: then nobody takes over what it made.
    failed.abort(error)
    for (const { into, ended } of unpacked) {
      await ended
      rmSync(into, { recursive: true, force: true })
    }
    progress.fail()
    throw error
  }
}

function describe({ app, release, previous, durationMs, draining }: UpgradeReport): string {
  const ids = draining.length === 1 ? `process ${draining[0]}` : `processes ${draining.join(', ')}`
  const rest = draining.length > 0 ? `; ${previous.version} drains (${ids})` : ''
  return `${app} ${release.version} serves after ${formatDuration(durationMs)}${rest}`
}
