import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/**
 * Node.js takes `--env-file` for its own wherever it stands on a command line, and has put the file's variables into our
 * environment (https://github.com/nodejs/node/issues/54232). They are taken out again: each new peer gets those that
 * the file has then, and no others.
 */
export function forgetEnvFile(file: string): void {
  const variables = parseEnv(readFileSync(file, 'utf8'))
  for (const [name, value] of Object.entries(variables))
    if (process.env[name] === value) delete process.env[name]
}
