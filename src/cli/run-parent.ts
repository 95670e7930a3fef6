import { rmSync } from 'node:fs'
import { chooseFirstRelease } from '../parent/first-release.ts'
import { stderrLogger } from '../parent/logger.ts'
import { openParent } from '../parent/open-parent.ts'
import type { ParentSettings } from '../parent/settings.ts'
import { endOnSignals, surviveLostOutput } from '../parent/signals.ts'
import { unpackingChild } from '../parent/unpacking-child.ts'
import type { ParentPlan } from './parent-plan.ts'
import { printJson, reportFailure } from './report.ts'

/** Makes this process the parent until it is stopped, and exits. No code of the application is loaded here. */
export async function runParent({ staged, json, ...plan }: ParentPlan): Promise<void> {
  surviveLostOutput()
  const settings: ParentSettings = {
    ...plan,
    shutdownTimeout: plan.shutdownTimeout ?? Number.POSITIVE_INFINITY,
    execArgv: [],
    parentChildren: [],
    logger: stderrLogger,
  }
  try {
    const parent = await openParent(settings, {
      callerForPeers: unpackingChild,
      firstRelease: store => chooseFirstRelease(store, staged, settings.logger),
      seed: staged?.unpacked.sha256 ?? null,
      onOpen: opening =>
        endOnSignals(
          () => opening.stop(),
          error => settings.logger.error(String(error)),
        ),
    }).finally(() => {
      if (staged) rmSync(staged.draft, { recursive: true, force: true })
    })
    if (!parent) process.exit(0)
    if (json) printJson({ app: settings.app, pid: process.pid, stateDir: settings.stateDir })
    const end = await parent.ended
    // Whoever asked for the end, or was refused because of it, is answered in this turn.
    await new Promise(resolve => setImmediate(resolve))
    process.exit(end.reason === 'stopped' ? 0 : 1)
  } catch (error) {
    reportFailure(error, json)
  }
}
