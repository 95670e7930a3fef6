import { BeamDeployError } from '../errors.ts'

export function drainsAlready(): BeamDeployError {
  return new BeamDeployError('peer_gone', 'this peer was told to end before its cutover', {
    phase: 'cutover',
  })
}

export function closedBeforeCutover(): BeamDeployError {
  return new BeamDeployError(
    'peer_start_failed',
    'the application listened on every declared endpoint, and closed one again before it was given connections. ' +
      'Have it keep its servers open.',
    { phase: 'cutover' },
  )
}
