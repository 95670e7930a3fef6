import { existsSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'

/** Keeps what Node.js compiles for the next start of the same files. */
export interface CompileCache {
  /** Writes a new cache out, so that the next release finds it. Later changes are written when the process ends. */
  keep(): void
}

export function useCompileCache(directory: string | null): CompileCache {
  if (directory === null) return { keep: () => undefined }
  const isNew = !existsSync(directory)
  enableCompileCache({ directory, portable: true })
  return {
    keep: () => {
      if (isNew) flushCompileCache()
    },
  }
}
