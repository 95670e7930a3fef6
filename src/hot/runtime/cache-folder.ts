import { existsSync } from 'node:fs'
import { enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module'
import { join } from 'node:path'
import type { Application } from './application.ts'
import { INSTRUMENT_VERSION } from './version.ts'

/**
 * Where instrumented texts are kept: beside what Node.js has compiled, which one release inherits from the other; else where tools keep such
 * things. `null` where there is no such place.
 */
export function fileForTexts(application: Application): string | null {
  const folder = application.release?.compileCache ?? folderFor(application)
  const name = `beam-deploy-hot-${INSTRUMENT_VERSION}-${process.versions.v8.replace(/[^\w.]/g, '')}`
  return folder ? join(folder, name) : null
}

/**
 * What is instrumented has more text to compile: where nobody else keeps what Node.js has compiled, it is kept beside the texts, so that a start
 * takes no longer than without hot loading. Returns what writes it down.
 */
export function keepCompiled(application: Application): () => void {
  const folder = application.release ? null : folderFor(application)
  if (folder === null || getCompileCacheDir() !== undefined) return () => undefined
  enableCompileCache(join(folder, 'compiled'))
  return flushCompileCache
}

function folderFor({ root }: Application): string | null {
  const modules = join(root, 'node_modules')
  return existsSync(modules) ? join(modules, '.cache', 'beam-deploy') : null
}
