import { BeamDeployError } from '../errors.ts'

/** `--port abc: a port is …`. */
export function invalidOption(option: string, found: string, wanted: string): BeamDeployError {
  return new BeamDeployError('invalid_option', `${[option, found].join(' ').trimEnd()}: ${wanted}.`, {
    phase: 'configure',
  })
}
