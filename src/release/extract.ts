import { createHash, type Hash, hash } from 'node:crypto'
import { chmodSync, closeSync, fchmodSync, linkSync, mkdirSync, openSync, statSync } from 'node:fs'
import { checkPath, parentOf } from './entry-path.ts'
import { type Limits, tooManyBytes, tooManyEntries } from './limits.ts'
import type { Refuse } from './refusal.ts'
import { quote, type TarEntry, type TarSink } from './tar-reader.ts'
import { writeWhole } from './write-whole.ts'

/** What stands at a path. Symbolic links are only noted: they are made when everything else is in place. */
export type Placed =
  | { kind: 'folder' }
  | { kind: 'file'; sha256: string }
  | { kind: 'symlink'; target: string }

export interface Extraction extends TarSink {
  /** By path relative to the archive's root. */
  placed: ReadonlyMap<string, Placed>
  totals: { files: number; bytes: number }
  /** Closes the file that a failure left open. */
  abandon(): void
}

interface OpenFile {
  path: string
  size: number
  fd: number
  /** Made when the content does not come in one piece. */
  hash: Hash | null
  sha256: string
}

/**
 * Writes the entries of an archive below `dir`, which it makes. Synchronous, because a thousand small files are written
 * several times faster so; it is meant for a process that has nothing else to do. As no link
 * exists on disk before the last file is written, no entry can be written through one.
 */
export function createExtraction(dir: string, limits: Limits, refuse: Refuse): Extraction {
  const placed = new Map<string, Placed>()
  const totals = { files: 0, bytes: 0 }
  let open: OpenFile | null = null

  mkdirSync(dir, { mode: 0o755 })
  const umaskInterferes = (statSync(dir).mode & 0o777) !== 0o755
  if (umaskInterferes) chmodSync(dir, 0o755)

  return {
    placed,
    totals,
    entry(entry) {
      const path = pathOf(entry, refuse)
      if (entry.mode & 0o7000) throw refuse(`entry ${quote(entry.path)} has a setuid, setgid or sticky bit`)
      const kind = kindOf(entry, refuse)
      if (path === '' && kind === 'folder') return
      if (path === '') throw refuse(`entry ${quote(entry.path)} has no name`)
      const present = placed.get(path)
      if (kind === 'folder' && present?.kind === 'folder') return
      if (present) throw refuse(`entry ${quote(entry.path)} is there twice`)
      placeFolder(parentOf(path), entry)
      if (kind === 'folder') placeFolder(path, entry)
      else if (kind === 'file') openFile(path, entry)
      else if (kind === 'symlink') note(path, { kind, target: entry.linkpath })
      else placeHardLink(path, entry)
    },
    data(chunk) {
      if (!open) return
      writeWhole(open.fd, chunk)
      if (chunk.length === open.size) {
        open.sha256 = hash('sha256', chunk, 'hex')
      } else {
        open.hash ??= createHash('sha256')
        open.hash.update(chunk)
      }
    },
    end() {
      if (!open) return
      const { path, size, fd, hash, sha256 } = open
      open = null
      closeSync(fd)
      placed.set(path, { kind: 'file', sha256: hash ? hash.digest('hex') : size === 0 ? EMPTY : sha256 })
    },
    abandon() {
      if (open) closeSync(open.fd)
      open = null
    },
  }

  /** Makes a folder and those above it that are not there. */
  function placeFolder(path: string, entry: TarEntry): void {
    const missing: string[] = []
    let at = path
    for (; at !== '' && !placed.has(at); at = parentOf(at)) missing.push(at)
    if (at !== '' && placed.get(at)?.kind !== 'folder') {
      throw refuse(`entry ${quote(entry.path)} goes through ${quote(at)}, which is no folder`)
    }
    for (const folder of missing.reverse()) {
      note(folder, { kind: 'folder' })
      mkdirSync(`${dir}/${folder}`, { mode: 0o755 })
      if (umaskInterferes) chmodSync(`${dir}/${folder}`, 0o755)
    }
  }

  function openFile(path: string, { size, mode }: TarEntry): void {
    totals.bytes += size
    if (totals.bytes > limits.maxBytes) throw refuse(tooManyBytes(limits))
    note(path, { kind: 'file', sha256: '' })
    const permissions = mode & 0o111 ? 0o755 : 0o644
    const fd = openSync(`${dir}/${path}`, 'wx', permissions)
    open = { path, size, fd, hash: null, sha256: '' }
    if (umaskInterferes) fchmodSync(fd, permissions)
  }

  function placeHardLink(path: string, entry: TarEntry): void {
    const checked = checkPath(entry.linkpath)
    const target = checked.ok ? placed.get(checked.path) : undefined
    if (!checked.ok || target?.kind !== 'file') {
      const to = `entry ${quote(entry.path)} is a hard link to ${quote(entry.linkpath)}`
      throw refuse(`${to}, which is no file before it in the archive`)
    }
    note(path, target)
    linkSync(`${dir}/${checked.path}`, `${dir}/${path}`)
  }

  function note(path: string, what: Placed): void {
    placed.set(path, what)
    if (placed.size > limits.maxEntries) throw refuse(tooManyEntries(limits))
    if (what.kind !== 'folder') totals.files += 1
  }
}

/** SHA-256 of nothing. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

function pathOf({ path }: TarEntry, refuse: Refuse): string {
  const checked = checkPath(path)
  if (!checked.ok) throw refuse(`entry ${quote(path)} ${checked.reason}`)
  return checked.path
}

function kindOf({ path, type, size }: TarEntry, refuse: Refuse): Placed['kind'] | 'hardlink' {
  switch (type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      return 'file'
    case 'Directory':
      return 'folder'
    case 'SymbolicLink':
    case 'Link':
      if (size > 0) throw refuse(`entry ${quote(path)} is a link with content`)
      return type === 'Link' ? 'hardlink' : 'symlink'
    default:
      throw refuse(`entry ${quote(path)} is a ${NAMES[type] ?? `"${type}"`}, not a file, folder or link`)
  }
}

const NAMES: Record<string, string> = {
  CharacterDevice: 'character device',
  BlockDevice: 'block device',
  FIFO: 'named pipe',
  SparseFile: 'sparse file',
}
