import type { UnitPiece } from '../diff/match.ts'
import { WHOLE } from '../model/exports.ts'
import { exportRoot } from './slices.ts'
import { exportKey, keyFor, type VariableKey, type WorldModule } from './world.ts'

/** A variable or an export that a unit sets. */
export interface Holder {
  /** How the running process is asked for it. */
  held: string
  key: VariableKey
  /** As it is written. */
  name: string
  /** How it is named among those that statements build up. */
  root: string
}

export function holdersIn(module: WorldModule, { unit }: UnitPiece): Holder[] {
  const { kind, names, exports } = unit
  const variables = kind === 'variable' || kind === 'definition' ? names : []
  return [
    ...variables.map(name => ({ held: name, key: keyFor(module, name), name, root: name })),
    ...exports.map(name => ({
      held: exportRoot(name),
      key: exportKey(module, name),
      name: exportName(name),
      root: exportRoot(name),
    })),
  ]
}

export const exportName = (name: string) => (name === WHOLE ? 'module.exports' : `exports.${name}`)
