import type { RuntimeIdentity } from './release.ts'

/** Where the manifest stands inside a release, and the folder that is ours in every release. */
export const RESERVED_FOLDER = '.beam-deploy'
export const MANIFEST_PATH = `${RESERVED_FOLDER}/manifest.json`

/** The newest manifest format this version writes, and the newest it reads. */
export const MANIFEST_VERSION = 1

/**
 * What `beam-deploy release` says of the release it built. A plain `npm pack` archive has none.
 * Unknown keys are kept readable for later versions: a reader ignores them.
 */
export interface Manifest {
  manifestVersion: typeof MANIFEST_VERSION
  name: string
  version: string
  /** Path of the file that is run, relative to the release's root, with forward slashes. */
  entry: string
  /** Where it was built. Platform, architecture, libc and ABI bind only when `nativeAddons` is not empty. */
  runtime: RuntimeIdentity
  /** Path of the Node.js in the release that runs it, where it brings one; older versions have written none. */
  node?: string
  /** Paths of the native addons (`.node` files) inside, sorted. */
  nativeAddons: string[]
  /** SHA-256 (hex) of every regular file but the manifest, by path with forward slashes, sorted by path. */
  files: Record<string, string>
}
