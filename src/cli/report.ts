import { BeamDeployError, ERROR_CODES, isBeamDeployError, messageOf } from '../errors.ts'
import { encodeError } from '../rpc/errors.ts'

/** Shows why a command failed, for people on standard error, for machines on standard output, and fails the process. */
export function reportFailure(error: unknown, json: boolean): void {
  process.exitCode = isMisuse(error) ? 2 : 1
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

/** The command was not understood: exit code 2, as is usual. */
export function reportMisuse(message: string, json: boolean): void {
  if (json) {
    reportFailure(new BeamDeployError('invalid_option', message, { phase: 'configure' }), json)
    return
  }
  process.stderr.write(
    `beam-deploy: ${message}\n(beam-deploy --help shows the commands, beam-deploy <command> --help its options)\n`,
  )
  process.exitCode = 2
}

const isMisuse = (error: unknown) => isBeamDeployError(error) && error.code === 'invalid_option'

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
