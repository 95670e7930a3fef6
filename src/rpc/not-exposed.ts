import { BeamDeployError } from '../errors.ts'

export function notExposed(who: string, name: string, names: readonly string[]): BeamDeployError {
  const found = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none'
  return new BeamDeployError(
    'not_exposed',
    `${who} has no function ${JSON.stringify(name)} to call: ${found}.`,
    {
      phase: 'control',
    },
  )
}
