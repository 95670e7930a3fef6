import { type ModuleFormat, parseModule } from '../syntax/parse.ts'

const OTHER = { module: 'commonjs', commonjs: 'module' } as const
const NAMES: Record<ModuleFormat, string> = { module: 'an ES module', commonjs: 'a CommonJS module' }

/** What to say of a text that is no module of the format that it had, if it is one of the other; `null` if it is neither. */
export function otherFormat(text: string, before: ModuleFormat): string | null {
  try {
    parseModule(text, OTHER[before])
    return `it is ${NAMES[OTHER[before]]} now, and was ${NAMES[before]}`
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
