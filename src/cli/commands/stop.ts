import type { Command } from 'commander'
import { connectControl } from '../../control-client.ts'
import { isBeamDeployError } from '../../errors.ts'
import { askNothing } from '../ask-nothing.ts'
import { type CommonOptions, rootOf, withCommonOptions } from '../options.ts'
import { createProgress } from '../progress.ts'
import { printJson } from '../report.ts'

export function addStopCommand(program: Command): void {
  withCommonOptions(program.command('stop'))
    .description('drain and end everything of the application')
    .action(async (options: CommonOptions) => {
      await using control = await connectControl(rootOf(options), options.app, askNothing)
      const progress = createProgress(options)
      progress.step(`draining ${control.app}`)
      await control.parent.stop().catch((error: unknown) => {
        // The parent may be gone before its answer is out, which is an answer too.
        if (!isBeamDeployError(error) || error.code !== 'peer_gone') throw error
      })
      progress.done(`${control.app} has stopped`)
      if (options.json) printJson({ app: control.app, pid: control.pid, stopped: true })
    })
}
