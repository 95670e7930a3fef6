import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { placeIn, type Releases } from './packages.ts'
import { sameFile } from './same-file.ts'

/** Native addons that run and that the new release has with another content, relative to the release: the old ones stay. */
export function changedAddons(releases: Releases, loaded: Iterable<string>): string[] {
  const changed: string[] = []
  for (const url of loaded) {
    const path = fileURLToPath(url)
    const rest = placeIn(releases, path)
    if (rest !== null && !sameFile(path, join(releases.to, rest))) changed.push(rest)
  }
  return changed.sort()
}
