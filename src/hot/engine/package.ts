import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BeamDeployError, messageOf } from '../../errors.ts'

/** Name and version of the application in a folder. */
export function readPackage(dir: string): { name: string; version: string } {
  const file = join(dir, 'package.json')
  try {
    const { name = '', version = '' } = JSON.parse(readFileSync(file, 'utf8')) as {
      name?: string
      version?: string
    }
    return { name, version }
  } catch (error) {
    throw new BeamDeployError('invalid_release', `${file} cannot be read: ${messageOf(error)}`, {
      phase: 'validate',
      cause: error,
    })
  }
}
