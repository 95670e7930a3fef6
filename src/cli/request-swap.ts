import { rmSync } from 'node:fs'
import { type ControlConnection, connectControl } from '../control-client.ts'
import type { ControlClientFunctions, UnpackRequest, UpgradeReport } from '../rpc/contracts.ts'
import { formatDuration } from './duration.ts'
import { type CommonOptions, last, rootOf } from './options.ts'
import { createProgress } from './progress.ts'
import { printJson } from './report.ts'

/**
 * Asks the running parent for something that takes steps, shows those, and says what became of it: in a line that `describe` makes, and
 * with `--json` in full.
 */
export async function requestSwap<T>(
  options: CommonOptions,
  unpack: (request: UnpackRequest, signal: AbortSignal) => ReturnType<ControlClientFunctions['unpack']>,
  ask: (parent: ControlConnection['parent']) => Promise<T>,
  describe: (answer: T) => string,
): Promise<T> {
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
    const answer = await ask(control.parent)
    progress.done(describe(answer))
    if (options.json) printJson(answer)
    return answer
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

/** The line for an upgrade or a rollback. */
export function describeSwap({
  app,
  release,
  previous,
  durationMs,
  draining,
  overlapMs,
}: UpgradeReport): string {
  const ids = draining.length === 1 ? `process ${draining[0]}` : `processes ${draining.join(', ')}`
  const does =
    overlapMs === undefined ? 'drains' : `serves beside it for ${formatDuration(overlapMs)}, then drains`
  const rest = draining.length > 0 ? `; ${previous.version} ${does} (${ids})` : ''
  return `${app} ${release.version} serves after ${formatDuration(durationMs)}${rest}`
}
