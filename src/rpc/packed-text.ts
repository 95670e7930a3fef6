import type { PackedText } from './hot-contracts.ts'
import type { Packed } from './packed.ts'

/** For a wire of plain JSON, where what is passed on is small and seldom. */
export const packedAsText = (packed: Packed): PackedText =>
  packed.map(part => Buffer.from(part).toString('base64'))

export const packedFromText = (text: PackedText): Packed =>
  text.map(part => new Uint8Array(Buffer.from(part, 'base64')))
