/** What a release is, wherever it is spoken of. */

import type { ReleaseConfig } from '../config/config.ts'

/** A release that stands extracted on this host and can be booted. */
export interface Release {
  /** Unique in a store: `<version>-<first 12 hex digits of the SHA-256 of what it came from>`. */
  id: string
  /** Package name. */
  name: string
  version: string
  /** Absolute path of the folder; the working directory of its peers. Never written to after extraction. */
  dir: string
  /** Path of the file that is run, relative to `dir`, with forward slashes. */
  entry: string
  /** What it says of how it is to be run. */
  config?: ReleaseConfig
  /** The Node.js that it brings. */
  node?: NodeBinary
  /** Id of the key with which its signature was checked when it came. */
  verifiedBy?: string
}

/** A Node.js that peers run on, where it is not the one that runs the parent. */
export interface NodeBinary {
  /** Absolute, or relative to the release's root with forward slashes. */
  path: string
  /** Without a leading `v`. */
  version: string
  /** `process.versions.modules`: the ABI that native addons are compiled against. */
  abi: string
}

/** The runtime properties that a release may depend on. */
export interface RuntimeIdentity {
  nodeMajor: number
  /** `process.versions.modules`: the ABI that native addons are compiled against. */
  abi: string
  platform: string
  arch: string
  /** Only on Linux. */
  libc: 'glibc' | 'musl' | null
}
