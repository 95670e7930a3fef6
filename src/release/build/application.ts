import { realpath } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'
import { readPackage, resolveEntry } from '../entry.ts'
import type { Refuse } from '../refusal.ts'
import { buildFailed } from './failure.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'

/** The application that a release is built of. */
export interface Application {
  /** Absolute path without links, as package managers see it. */
  dir: string
  pkg: PackageJson
  name: string
  version: string
  main: string | null
}

/** Reads the application in `dir`; `build_failed` when that is no folder with a package.json that names it and its version. */
export async function readApplication(dir: string): Promise<Application> {
  const real = await realpath(dir).catch((cause: unknown) => {
    throw buildFailed(`${dir} cannot be read (${messageOf(cause)}). Name the folder of an application.`, {
      cause,
    })
  })
  const pkg = await readPackageJson(real)
  return { dir: real, pkg, ...readPackage(real, refusalsOf(real)) }
}

/** Finds the file to run, by the rules that the release will be read with, among the files that are packed. */
export function findEntry({ dir, main }: Application, packed: ReadonlySet<string>): string {
  const entry = resolveEntry(dir, main, refusalsOf(dir))
  if (packed.has(entry)) return entry
  throw buildFailed(
    `The entry ${entry} of ${dir} is not among the files that are packed. Add it to "files" in package.json, or take it out of .npmignore.`,
  )
}

function refusalsOf(dir: string): Refuse {
  return (reason, { remedy = 'Correct it.', cause } = {}) =>
    buildFailed(`Cannot build a release of ${dir}: ${reason}. ${remedy}`, { cause })
}
