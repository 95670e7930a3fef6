import { invalidOption } from './invalid-option.ts'

/** A whole number from 1, or `invalid_option`. */
export function parseCount(option: string, value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1)
    throw invalidOption(option, value, 'it must be a whole number from 1')
  return count
}
