import { fileURLToPath } from 'node:url'

/** The programs of this package that run in processes of their own; beside each other when built, in their folders as sources. */
const fromSource = import.meta.url.endsWith('.ts')
const locate = (source: string, built: string) =>
  fileURLToPath(new URL(fromSource ? source : built, import.meta.url))

/** Given to every peer with `--require`. */
export const PRELOAD = locate('./peer/preload.ts', './preload.cjs')

/** Unpacks one archive and ends. */
export const UNPACK = locate('./release/unpack-process.ts', './unpack.cjs')
