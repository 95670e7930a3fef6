import { ERROR_CODES, isBeamDeployError, messageOf } from '../errors.ts'
import { type EncodedError, encodeError } from '../rpc/errors.ts'

/** Shows why a command failed, for people on standard error, for machines on standard output, and fails the process. */
export function reportFailure(error: unknown, json: boolean): void {
  process.exitCode = isMisuse(error) ? 2 : 1
  if (json) {
    const encoded = encodeError(error)
    process.stdout.write(
      `${JSON.stringify({ error: encoded.code === 'internal' ? encoded : withoutStacks(encoded) })}\n`,
    )
    return
  }
  if (!isBeamDeployError(error)) {
    process.stderr.write(`beam-deploy: ${error instanceof Error ? error.stack : String(error)}\n`)
    return
  }
  process.stderr.write(`beam-deploy: ${error.code}: ${messageOf(error)}\n`)
  if (error.code === 'internal') process.stderr.write(`${ERROR_CODES.internal.remedy}\n${error.stack}\n`)
}

/** Where an error that was foreseen was made is of no use to whoever reads it. */
function withoutStacks({ stack: _, cause, ...error }: EncodedError): EncodedError {
  return { ...error, ...(cause && { cause: withoutStacks(cause) }) }
}

/** The command was not understood: exit code 2, as is usual. */
const isMisuse = (error: unknown) => isBeamDeployError(error) && error.code === 'invalid_option'

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
