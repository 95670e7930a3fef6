import type { Instrument } from '../runtime/text-cache.ts'
import { instrument } from './instrument.ts'
import { positionsOf } from './positions.ts'

/** A module's text as it is to be run, and where it stood. */
export const instrumentText: Instrument = ({ javascript, format }) => {
  const instrumented = instrument(javascript(), format)
  if (instrumented === null) return null
  const { edit, codes, names } = instrumented
  return {
    code: edit.toString(),
    key: names.note,
    positions: () => JSON.stringify(positionsOf(edit, codes)),
  }
}
