import type { SigningKey } from '../signing-key.ts'

/** What the build does at the moment, in order; `build` and `install` are left out where there is nothing to do. */
export type BuildStep =
  | { step: 'build' }
  | { step: 'list' }
  | { step: 'install'; manager: 'npm' | 'pnpm' }
  | { step: 'hash'; files: number; done: number }
  | { step: 'pack'; files: number; done: number }

export interface BuildOptions {
  /** The application's folder, with its package.json. */
  dir: string
  /**
   * Where the archive goes: `.tgz`, `.tar.gz`, `.tar` or `.tar.zst`; its folder must exist.
   * Default: `<name>-<version>.tgz` in the current working directory, as `npm pack` names it.
   */
  out?: string
  /** Signs the archive. It may not be among the files of the release. */
  sign?: SigningKey
  onProgress?: (step: BuildStep) => void
  /** Gives up: commands under way are ended, nothing is left behind. */
  signal?: AbortSignal
  /** Whether the `build` script's output is shown on stderr as it comes (default), or only in a failure. */
  scriptOutput?: 'stderr' | 'hidden'
}

export interface BuiltRelease {
  /** Absolute path of the archive. */
  file: string
  name: string
  version: string
  /** Path of the file that is run, relative to the release's root, with forward slashes. */
  entry: string
  /** SHA-256 (hex) of the archive, without its signature. */
  sha256: string
  /** Id of the key that signed it. */
  signedBy?: string
  /** Number of regular files inside, the manifest included. */
  files: number
  /** Size of the archive. */
  bytes: number
  /** Sum of the sizes of the files inside. */
  unpackedBytes: number
  /** Paths of the native addons inside, sorted. */
  nativeAddons: string[]
  /** The application's own install scripts: they are not run, for they would find no sources where dependencies are installed. */
  skippedScripts: string[]
}
