import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve, sep } from 'node:path'
import { stripTypes } from '../runtime/strip-types.ts'
import type { ModuleFormat } from '../syntax/parse.ts'

/** The files of a release, as its modules know them: relative to its folder, with forward slashes. */
export interface ReleaseFiles {
  dir: string
  path(key: string): string
  /** As it is; `null` where there is no such file. */
  bytes(key: string): Buffer | null
  /** Without looking again. */
  has(key: string): boolean
  text(key: string): string | null
  /** As JavaScript; `null` where there is no such file. */
  javascript(key: string): string | null
  format(key: string): ModuleFormat
  /** The module of the release that is asked for; `null` for what is not the application's own. */
  resolve(from: string, request: string, format: ModuleFormat): string | null
}

export function releaseFiles(dir: string): ReleaseFiles {
  const path = (key: string) => join(dir, ...key.replace(/[?#].*$/, '').split('/'))
  const types = new Map<string, ModuleFormat>()
  const there = new Map<string, boolean>()
  return {
    dir,
    path,
    bytes: key => {
      const bytes = bytesOf(path(key))
      there.set(key, bytes !== null)
      return bytes
    },
    has: key => {
      const is = there.get(key) ?? existsSync(path(key))
      there.set(key, is)
      return is
    },
    text: key => textOf(path(key)),
    javascript: key => {
      const file = path(key)
      const text = textOf(file)
      if (text === null) return null
      return /\.[cm]?ts$/.test(file) ? stripTypes(text) : text
    },
    format: key => {
      const file = path(key)
      const extension = extname(file)
      if (extension === '.mjs' || extension === '.mts') return 'module'
      if (extension === '.cjs' || extension === '.cts') return 'commonjs'
      return packageFormat(dirname(file), dir, types)
    },
    resolve: (from, request, format) => {
      const file = resolveFile(path(from), request, format)
      if (file === null || !file.startsWith(dir + sep)) return null
      const key = file
        .slice(dir.length + 1)
        .split(sep)
        .join('/')
      return `/${key}`.includes('/node_modules/') ? null : key
    },
  }
}

/** One call where the file is there, as it almost always is. */
function bytesOf(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null
    throw error
  }
}

const textOf = (file: string) => bytesOf(file)?.toString() ?? null

function resolveFile(from: string, request: string, format: ModuleFormat): string | null {
  if (format === 'module' && /^\.{0,2}\//.test(request)) {
    const file = resolve(dirname(from), decodeURIComponent(request.replace(/[?#].*$/, '')))
    return existsSync(file) && statSync(file).isFile() ? file : null
  }
  try {
    return createRequire(from).resolve(request)
  } catch {
    // Whoever asks for it finds out, and is told by Node.js itself.
    return null
  }
}

function packageFormat(folder: string, root: string, known: Map<string, ModuleFormat>): ModuleFormat {
  const found = known.get(folder)
  if (found) return found
  const file = join(folder, 'package.json')
  let format: ModuleFormat = 'commonjs'
  if (existsSync(file)) format = typeIn(file)
  else if (folder !== root && dirname(folder) !== folder) format = packageFormat(dirname(folder), root, known)
  known.set(folder, format)
  return format
}

function typeIn(file: string): ModuleFormat {
  const { type } = JSON.parse(readFileSync(file, 'utf8')) as { type?: string }
  return type === 'module' ? 'module' : 'commonjs'
}
