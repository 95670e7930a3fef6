import { rmSync } from 'node:fs'
import type { LogFormat } from '../config/config.ts'
import { chooseFirstRelease } from '../parent/first-release.ts'
import { jsonLogger, logEvents } from '../parent/json-logger.ts'
import { stderrLogger } from '../parent/logger.ts'
import { openParent, type ParentPlace } from '../parent/open-parent.ts'
import { resolveSettings } from '../parent/resolve-settings.ts'
import { endOnSignals, surviveLostOutput } from '../parent/signals.ts'
import { unpackingChild } from '../parent/unpacking-child.ts'
import type { ParentPlan } from './parent-plan.ts'
import { printJson, reportFailure } from './report.ts'

/** Makes this process the parent until it is stopped, and exits. No code of the application is loaded here. */
export async function runParent({ staged, json, given, ...plan }: ParentPlan): Promise<void> {
  surviveLostOutput()
  const loggerOf = (format: LogFormat | undefined) =>
    format === 'json' ? jsonLogger(plan.app) : stderrLogger
  const place: ParentPlace = { ...plan, logger: loggerOf(given.log) }
  try {
    const parent = await openParent(place, {
      settingsOf: release => {
        const log = given.log ?? release.config?.log
        if (log === 'json') logEvents()
        return { ...place, ...resolveSettings(given, release), logger: loggerOf(log), execArgv: [] }
      },
      callerForPeers: unpackingChild,
      firstRelease: store => chooseFirstRelease(store, staged, place.logger),
      seed: staged?.unpacked.sha256 ?? null,
      onOpen: opening =>
        endOnSignals(
          () => opening.stop(),
          error => place.logger.error(String(error)),
        ),
    }).finally(() => {
      if (staged) rmSync(staged.draft, { recursive: true, force: true })
    })
    if (!parent) process.exit(0)
    if (json) printJson({ app: place.app, pid: process.pid, stateDir: place.stateDir })
    const end = await parent.ended
    // Whoever asked for the end, or was refused because of it, is answered in this turn.
    await new Promise(resolve => setImmediate(resolve))
    process.exit(end.reason === 'stopped' ? 0 : 1)
  } catch (error) {
    reportFailure(error, json)
  }
}
