import { relative, resolve } from 'node:path'
import type { CAC } from 'cac'
import type { BuildStep } from '../../release/build/options.ts'
import { formatBytes } from '../format-bytes.ts'
import { last } from '../options.ts'
import { createProgress } from '../progress.ts'
import { printJson } from '../report.ts'

interface ReleaseOptions {
  out?: string[]
  sign?: string[]
  json?: boolean
}

export function addReleaseCommand(cli: CAC): void {
  cli
    .command('release [dir]', 'Build a release archive of the application in a folder (default: this one)')
    .option(
      '--out <file>',
      'Where to write it: .tgz, .tar.gz, .tar or .tar.zst (default: <name>-<version>.tgz)',
    )
    .option('--sign <key>', 'Sign it with this private key, as `keygen` makes one')
    .option('--json', 'Print one JSON value for machines')
    .action(async (dir: string | undefined, options: ReleaseOptions) => {
      const { json } = options
      const out = last(options.out)
      const sign = await signingKey(last(options.sign))
      const { buildRelease } = await import('../../release/build/build-release.ts')
      const progress = await createProgress({ json: json ?? false })
      const giveUp = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => giveUp.abort(new Error('interrupted')))
      }
      try {
        const built = await buildRelease({
          dir: resolve(dir ?? '.'),
          ...(out !== undefined && { out: resolve(out) }),
          ...(sign && { sign }),
          signal: giveUp.signal,
          onProgress: step => {
            if (step.step === 'build') progress.pause('running the build script')
            else progress.step(describe(step))
          },
        })
        const { name, version, file, files, bytes, skippedScripts } = built
        const signed = sign ? `, signed with the key ${sign.id}` : ''
        progress.done(
          `${name} ${version}: ${fromHere(file)} (${files} files, ${formatBytes(bytes)}${signed})`,
        )
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

/** Read before anything slow is done, and before a script runs that should not find its passphrase. */
async function signingKey(file: string | undefined) {
  if (file === undefined) return null
  const { readSigningKey } = await import('../../release/signing-key.ts')
  return readSigningKey(file, `--sign ${file}`)
}

/** As one would type it: relative, but not up and down through half the file system. */
function fromHere(file: string): string {
  const path = relative('.', file)
  return path.startsWith('..') ? file : path
}

function describe(step: Exclude<BuildStep, { step: 'build' }>): string {
  switch (step.step) {
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
