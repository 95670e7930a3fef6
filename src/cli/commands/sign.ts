import type { CAC } from 'cac'
import { invalidOption } from '../invalid-option.ts'
import { last } from '../options.ts'
import { printJson } from '../report.ts'

interface KeyOptions {
  key?: string[]
  json?: boolean
}

export function addSignCommand(cli: CAC): void {
  cli
    .command('sign <archive>', 'Sign an archive that is there already, in its place')
    .option('--key <file>', 'Private key, as `keygen` makes one')
    .option('--json', 'Print one JSON value for machines')
    .action(async (archive: string, { key, json }: KeyOptions) => {
      const file = last(key)
      if (file === undefined) throw invalidOption('--key', '', 'name the private key to sign with')
      const { readSigningKey } = await import('../../release/signing-key.ts')
      const { signArchive } = await import('../../release/sign-archive.ts')
      const signed = signArchive(archive, readSigningKey(file, `--key ${file}`))
      if (json) printJson(signed)
      else process.stdout.write(`${archive} is signed with the key ${signed.signedBy}\n`)
    })
}

export function addVerifyCommand(cli: CAC): void {
  cli
    .command('verify <archive>', 'Check the signature of an archive, as `start --verify` would')
    .option('--key <file>', 'Public key that may have signed it; repeatable')
    .option('--json', 'Print one JSON value for machines')
    .action(async (archive: string, { key = [], json }: KeyOptions) => {
      if (key.length === 0) throw invalidOption('--key', '', 'name the public key to check with')
      const { readPublicKey } = await import('../../release/public-key.ts')
      const { checkSignature } = await import('../../release/check-signature.ts')
      const keys = key.map(file => readPublicKey(file, `--key ${file}`))
      const checked = checkSignature(archive, keys)
      if (json) printJson(checked)
      else process.stdout.write(`${archive} is as it was signed with the key ${checked.verifiedBy}\n`)
    })
}
