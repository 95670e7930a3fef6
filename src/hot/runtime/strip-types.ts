import { stripTypeScriptTypes } from 'node:module'

/**
 * TypeScript as JavaScript, each token where it stood. Node.js does just this when it loads such a module, without a warning: the
 * function alone is called experimental.
 */
export function stripTypes(text: string): string {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(text, { mode: 'strip' })
  } finally {
    process.emitWarning = emitWarning
  }
}
