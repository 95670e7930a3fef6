import type { Refuse } from './refusal.ts'

/** What an extended header says about the entry that follows it. */
export interface PaxOverrides {
  path?: string
  linkpath?: string
  size?: number
}

/**
 * Reads a pax extended header: records `<length> <key>=<value>\n`, where the length counts the whole record in bytes.
 * Stricter than tar's own reader: whatever two readers could understand differently is refused.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03
 */
export function parsePax(body: Buffer, refuse: Refuse): PaxOverrides {
  const overrides: PaxOverrides = {}
  for (let start = 0; start < body.length; ) {
    const space = body.indexOf(0x20, start)
    const digits = space === -1 ? '' : body.toString('latin1', start, space)
    const end = start + Number(digits)
    const equals = body.indexOf(0x3d, space)
    const isWhole = /^[1-9]\d{0,6}$/.test(digits) && equals !== -1 && equals < end && body[end - 1] === 0x0a
    if (!isWhole) throw refuse(`it is damaged: an extended header is malformed at byte ${start}`)
    apply(
      overrides,
      body.toString('utf8', space + 1, equals),
      body.toString('utf8', equals + 1, end - 1),
      refuse,
    )
    start = end
  }
  return overrides
}

function apply(overrides: PaxOverrides, key: string, value: string, refuse: Refuse): void {
  if (key === 'path' || key === 'linkpath') overrides[key] = value
  else if (key === 'size') {
    if (!/^\d{1,15}$/.test(value)) throw refuse(`an extended header gives the size ${JSON.stringify(value)}`)
    overrides.size = Number(value)
  } else if (key.startsWith('GNU.sparse.')) {
    throw refuse('it has sparse files, which are not supported')
  }
}
