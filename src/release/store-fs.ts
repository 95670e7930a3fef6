import { mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises'

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

export const nodeFs: StoreFs = {
  makeFolder: async path => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  readText: path => readFile(path, 'utf8').catch(absent(null)),
  writeText: async (path, text) => {
    await using file = await open(path, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
  },
  syncFolder: async path => {
    await using folder = await open(path, 'r')
    await folder.sync()
  },
  rename,
  link: symlink,
  readLink: path => readlink(path).catch(absent(null)),
  list: path => readdir(path),
  isFolder: path => stat(path).then(found => found.isDirectory(), absent(false)),
  remove: path => rm(path, { recursive: true, force: true }),
}

/** `EINVAL` is what `readlink` says of what is no link. */
function absent<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return error => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EINVAL') return instead
    throw error
  }
}
