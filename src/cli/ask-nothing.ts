import { BeamDeployError } from '../errors.ts'
import type { ControlClientFunctions } from '../rpc/contracts.ts'

/** What a command offers the parent that asks for no swap. */
export const askNothing: ControlClientFunctions = {
  progress: () => undefined,
  unpack: () => {
    throw new BeamDeployError('internal', 'this command unpacks nothing', { phase: 'unpack' })
  },
}
