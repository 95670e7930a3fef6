import { enableCompileCache, flushCompileCache } from 'node:module'

/** Keeps what Node.js compiles for the next start of the same files. */
export interface CompileCache {
  /** Writes out what is new in it, so that the next release finds it. Node.js itself does that when the process ends. */
  keep(): void
}

export function useCompileCache(directory: string | null): CompileCache {
  if (directory === null) return { keep: () => undefined }
  enableCompileCache({ directory, portable: true })
  return { keep: flushCompileCache }
}
