import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { buildFailed } from './failure.ts'

/** What a build reads of a package.json; everything else is kept as it is. */
export interface PackageJson {
  name?: unknown
  version?: unknown
  main?: unknown
  bin?: unknown
  files?: unknown
  scripts?: unknown
  dependencies?: unknown
  devDependencies?: unknown
  optionalDependencies?: unknown
  peerDependencies?: unknown
  patchedDependencies?: unknown
  pnpm?: unknown
  workspaces?: unknown
  packageManager?: unknown
}

/** Reads `dir/package.json`; `build_failed` when it is missing or no JSON object. */
export async function readPackageJson(dir: string): Promise<PackageJson> {
  const file = join(dir, 'package.json')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw buildFailed(`${file} cannot be read (${messageOf(cause)}). Name a folder with a package.json.`, {
      cause,
    })
  })
  const parsed = parseJson(file, text)
  if (!isRecord(parsed)) throw buildFailed(`${file} is not a JSON object. Correct it.`)
  return parsed
}

/** Name and wanted version of what production needs. */
export function productionOf(pkg: PackageJson): Record<string, string> {
  return { ...stringsOf(pkg.dependencies), ...stringsOf(pkg.optionalDependencies) }
}

/** The string values of what should be an object of strings. */
export function stringsOf(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `build_failed` naming the file when it is not JSON. */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw buildFailed(`${file} is not valid JSON (${messageOf(cause)}). Correct it.`, { cause })
  }
}
