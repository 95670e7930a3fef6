import type { CAC } from 'cac'
import { last } from '../options.ts'
import { printJson } from '../report.ts'

export function addKeygenCommand(cli: CAC): void {
  cli
    .command('keygen', 'Make a pair of keys to sign archives with, and to check them')
    .option('--out <name>', 'Name of the files, without .key and .pub (default: beam-deploy)')
    .option('--json', 'Print one JSON value for machines')
    .action(async ({ out, json }: { out?: string[]; json?: boolean }) => {
      const { adviceFor, makeKeyPair } = await import('../../release/key-pair.ts')
      const pair = makeKeyPair(last(out) ?? 'beam-deploy')
      if (json) printJson(pair)
      else
        process.stdout.write(
          adviceFor(pair)
            .map(line => `${line}\n`)
            .join(''),
        )
    })
}
