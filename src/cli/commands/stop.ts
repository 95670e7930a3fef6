import type { CAC } from 'cac'
import { connectControl } from '../../control-client.ts'
import { isBeamDeployError } from '../../errors.ts'
import { askNothing } from '../ask-nothing.ts'
import { type CommonOptions, last, rootOf, withCommonOptions } from '../options.ts'
import { createProgress } from '../progress.ts'
import { printJson } from '../report.ts'

export function addStopCommand(cli: CAC): void {
  withCommonOptions(cli.command('stop', 'Drain and end everything of the application')).action(
    async (options: CommonOptions) => {
      await using control = await connectControl(rootOf(options), last(options.app), askNothing)
      const progress = await createProgress(options)
      progress.step(`draining ${control.app}`)
      await control.parent.stop().catch((error: unknown) => {
        // The parent may be gone before its answer is out, which is an answer too.
        if (!isBeamDeployError(error) || error.code !== 'peer_gone') throw error
      })
      progress.done(`${control.app} has stopped`)
      if (options.json) printJson({ app: control.app, pid: control.pid, stopped: true })
    },
  )
}
