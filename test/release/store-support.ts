import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Release } from '../../src/release/release.ts'
import type { Adoptable } from '../../src/release/release-record.ts'
import type { Store } from '../../src/release/store.ts'
import { nodeFs, type StoreFs } from '../../src/release/store-fs.ts'

/** The facts of a release whose hash begins with `letter`. */
export const factsOf = (version: string, letter: string) => ({
  name: 'demo',
  version,
  entry: 'index.js',
  sha256: letter.repeat(64),
})

export function writeApplication(dir: string, version: string): void {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'demo', version }))
  writeFileSync(join(dir, 'index.js'), `console.log('${version}')`)
}

/** What an upgrade does with a store, before it switches. */
export function bring(
  store: Store,
  version: string,
  letter = 'a',
  more: Partial<Adoptable> = {},
): Promise<Release> {
  const staging = store.newStaging()
  writeApplication(staging, version)
  return store.adopt(staging, { ...factsOf(version, letter), ...more })
}

/** Brings releases and makes each of them current in turn. */
export async function switchThrough(store: Store, ...versions: string[]): Promise<Release[]> {
  const releases: Release[] = []
  for (const version of versions) {
    const release = await bring(store, version)
    await store.setCurrent(release.id)
    releases.push(release)
  }
  return releases
}

export class Crash extends Error {}

/**
 * The real file system until operation number `at` (from 0): that one is done by half where it can be, and from then on
 * nothing happens any more, as after a `kill -9`.
 */
export function crashingFs(at: number): { fs: StoreFs; crashed: () => boolean } {
  let count = 0
  const step = async <T>(run: () => Promise<T>, half: () => void = () => undefined): Promise<T> => {
    const number = count++
    if (number < at) return run()
    if (number === at) half()
    throw new Crash()
  }
  const fs: StoreFs = {
    makeFolder: path => step(() => nodeFs.makeFolder(path)),
    readText: path => step(() => nodeFs.readText(path)),
    writeText: (path, text) =>
      step(
        () => nodeFs.writeText(path, text),
        () => writeFileSync(path, text.slice(0, text.length / 2)),
      ),
    syncFolder: path => step(() => nodeFs.syncFolder(path)),
    rename: (from, to) => step(() => nodeFs.rename(from, to)),
    link: (target, path) => step(() => nodeFs.link(target, path)),
    readLink: path => step(() => nodeFs.readLink(path)),
    list: path => step(() => nodeFs.list(path)),
    isFolder: path => step(() => nodeFs.isFolder(path)),
    remove: path =>
      step(
        () => nodeFs.remove(path),
        () => removeHalf(path),
      ),
  }
  return { fs, crashed: () => count > at }
}

function removeHalf(path: string): void {
  try {
    const [first] = readdirSync(path)
    if (first !== undefined) rmSync(join(path, first), { recursive: true })
  } catch {
    // No folder: then there is no half of it.
  }
}
