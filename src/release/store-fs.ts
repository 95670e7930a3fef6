import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'

/** Every operation of the store on its folder, so that a test can crash before each of them. */
export interface StoreFs {
  /** With those above it; no error when it is there. */
  makeFolder(path: string): Promise<void>
  /** `null` when there is no such file. */
  readText(path: string): Promise<string | null>
  /** Writes a new file; on disk when resolved. */
  writeText(path: string, text: string): Promise<void>
  /** Makes the names in a folder survive a power cut. */
  syncFolder(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  link(target: string, path: string): Promise<void>
  /** `null` when there is no symbolic link at `path`. */
  readLink(path: string): Promise<string | null>
  list(path: string): Promise<string[]>
  isFolder(path: string): Promise<boolean>
  /** With everything in it; no error when it is not there. */
  remove(path: string): Promise<void>
}

/**
 * Synchronous calls: the parent serves nobody whom they could keep waiting, and `fs/promises` with its threads would
 * be a part of its memory for life.
 */
export const nodeFs: StoreFs = {
  makeFolder: async path => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  readText: async path => orNull(() => readFileSync(path, 'utf8')),
  writeText: async (path, text) => {
    withFile(path, 'wx', file => {
      writeFileSync(file, text)
      fsyncSync(file)
    })
  },
  syncFolder: async path => withFile(path, 'r', fsyncSync),
  rename: async (from, to) => renameSync(from, to),
  link: async (target, path) => symlinkSync(target, path),
  readLink: async path => orNull(() => readlinkSync(path)),
  list: async path => readdirSync(path),
  isFolder: async path => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  remove: async path => rmSync(path, { recursive: true, force: true }),
}

function withFile(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags, 0o600)
  try {
    use(file)
  } finally {
    closeSync(file)
  }
}

/** `EINVAL` is what `readlink` says of what is no link. */
function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL') return null
    throw error
  }
}
