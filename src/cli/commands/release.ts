import { relative, resolve } from 'node:path'
import type { Command } from 'commander'
import type { BuildStep } from '../../release/build/options.ts'
import { formatBytes } from '../format-bytes.ts'
import { createProgress } from '../progress.ts'
import { printJson } from '../report.ts'

export function addReleaseCommand(program: Command): void {
  program
    .command('release [dir]')
    .description('build a release archive of the application in a folder (default: this one)')
    .option(
      '--out <file>',
      'where to write it: .tgz, .tar.gz, .tar or .tar.zst (default: <name>-<version>.tgz)',
    )
    .option('--json', 'print one JSON value for machines')
    .exitOverride()
    .action(async (dir: string | undefined, { out, json }: { out?: string; json?: boolean }) => {
      const { buildRelease } = await import('../../release/build/build-release.ts')
      const progress = createProgress({ json: json ?? false })
      const giveUp = new AbortController()
      process.once('SIGINT', () => giveUp.abort(new Error('interrupted')))
      try {
        const built = await buildRelease({
          dir: resolve(dir ?? '.'),
          ...(out !== undefined && { out: resolve(out) }),
          signal: giveUp.signal,
          onProgress: step => progress.step(describe(step)),
        })
        const { name, version, file, files, bytes, skippedScripts } = built
        progress.done(`${name} ${version}: ${relative('.', file)} (${files} files, ${formatBytes(bytes)})`)
        if (skippedScripts.length > 0) {
          process.stderr.write(
            `Not run, since they would find no sources: ${skippedScripts.join(', ')} of package.json\n`,
          )
        }
        if (json) printJson(built)
      } catch (error) {
        progress.fail()
        throw error
      }
    })
}

function describe(step: BuildStep): string {
  switch (step.step) {
    case 'build':
      return 'running the build script'
    case 'list':
      return 'listing the files'
    case 'install':
      return `installing production dependencies with ${step.manager}`
    case 'hash':
      return `hashing ${step.files} files`
    case 'pack':
      return `packing ${step.files} files`
    default: {
      const unreachable: never = step
      return String(unreachable)
    }
  }
}
