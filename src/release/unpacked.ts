import type { Manifest } from './manifest.ts'

/** What is known of a release once its files are in place. */
export interface UnpackedRelease {
  name: string
  version: string
  /** Path of the file that is run, relative to the release's root, with forward slashes. */
  entry: string
  /** Hex, of the archive's bytes without its signature; of a folder: of its sorted paths, modes and contents. */
  sha256: string
  /** Id of the key with which its signature was checked; nobody may have asked for that. */
  verifiedBy?: string
  /** Only what `beam-deploy release` built has one. */
  manifest?: Manifest
  /** Paths of the native addons (`.node` files) inside, sorted. */
  nativeAddons: string[]
  /** Count of regular files and links. */
  files: number
  /** Bytes of all files. */
  bytes: number
}
