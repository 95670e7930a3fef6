import { ERROR_CODES, isBeamDeployError, messageOf } from '../errors.ts'
import { encodeError } from '../rpc/errors.ts'

/** Shows why a command failed, for people on standard error, for machines on standard output, and fails the process. */
export function reportFailure(error: unknown, json: boolean): void {
  process.exitCode = 1
  if (json) {
    const { stack: _, ...encoded } = encodeError(error)
    process.stdout.write(`${JSON.stringify({ error: encoded })}\n`)
    return
  }
  if (!isBeamDeployError(error)) {
    process.stderr.write(`beam-deploy: ${error instanceof Error ? error.stack : String(error)}\n`)
    return
  }
  process.stderr.write(`beam-deploy: ${error.code}: ${messageOf(error)}\n`)
  if (error.code === 'internal') process.stderr.write(`${ERROR_CODES.internal.remedy}\n${error.stack}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
