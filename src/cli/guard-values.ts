import { invalidOption } from './invalid-option.ts'

/**
 * Writes each value as `--option==value`: behind a second `=` the parser does not make a number of what looks like one
 * (`007`), nor `true` of what is missing. {@link unguard} takes it away again.
 */
export function guardValues(args: readonly string[], takesValue: ReadonlySet<string>): string[] {
  const guarded: string[] = []
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') return [...guarded, arg, ...rest]
    const [name = ''] = arg.split('=', 1)
    if (!takesValue.has(name)) {
      guarded.push(arg)
      continue
    }
    const value = arg === name ? rest.shift() : arg.slice(name.length + 1)
    if (value === undefined || value === '' || value.startsWith('--')) {
      throw invalidOption(name, value ?? '', 'it needs a value')
    }
    guarded.push(`${name}==${value}`)
  }
  return guarded
}

/** The value as it was given. */
export const unguard = (value: string): string => value.slice(1)
