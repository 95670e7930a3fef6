import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import { unitsOf } from '../plan/find-units.ts'
import type { WorldModule } from '../plan/world.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { BuiltWorld } from './built-world.ts'
import type { Context } from './context.ts'
import { type ReleaseFiles, releaseFiles } from './files.ts'
import type { Spent } from './living.ts'
import type { Prepared } from './prepared.ts'

/** What is loaded for an upgrade. */
export interface Loading {
  /** What ran of new modules of the application. */
  runs(): UnitRun[]
  /** The statements of theirs that did. */
  units(): { module: WorldModule; unit: UnitPiece }[]
  /** The upgrade is undone. */
  spend(): void
}

/** To be called before anything is loaded: what comes later is that of the upgrade. */
export function watchLoading(
  { order, request: { dir } }: Prepared,
  { registry: { modules, beside }, startup, living }: Context,
): Loading {
  const { path } = releaseFiles(dir)
  const home = `${pathToFileURL(dir).href}/`
  const [before, besideBefore] = [modules.size, beside.size]
  // The application may load something at the same time, from where it runs.
  const loaded = () => new Set([...modules.keys()].slice(before).filter(url => url.startsWith(home)))
  const runs = () => {
    const urls = loaded()
    return urls.size === 0 ? [] : startup.runs().filter(({ url }) => urls.has(url))
  }
  return {
    runs,
    units: () => {
      const ran = new Set(runs().map(({ url, index }) => `${url} ${index}`))
      return order.flatMap(module =>
        module.before !== null
          ? []
          : unitsOf(module.after)
              .filter(({ unit: { statement } }) =>
                ran.has(`${pathToFileURL(path(module.key)).href} ${statement}`),
              )
              .map(unit => ({ module, unit })),
      )
    },
    spend: () => {
      living.forget(loaded())
      for (const url of [...beside].slice(besideBefore)) living.spent.files.set(url, hashOf(url))
    },
  }
}

const hashOf = (url: string): string => {
  const path = fileURLToPath(url)
  return existsSync(path) ? hash('sha256', readFileSync(path)) : ''
}

/** Why what is to be loaded from a folder would not be: it was loaded from there before. */
export function spentReasons(
  { changed }: BuiltWorld,
  { dir, path }: ReleaseFiles,
  spent: Spent,
): HotReason[] {
  const modules = changed.filter(
    ({ key, before }) => before === null && spent.modules.has(pathToFileURL(path(key)).href),
  )
  const home = `${pathToFileURL(dir).href}/`
  const files = [...spent.files].filter(([url, known]) => url.startsWith(home) && hashOf(url) !== known)
  return [
    ...modules.map(({ key }) =>
      reasonOf(
        key,
        'it was loaded from here for an upgrade that was undone, and its statements would not run once more',
      ),
    ),
    ...files.map(([url]) =>
      reasonOf(
        relative(dir, fileURLToPath(url)),
        'something else was loaded from here for an upgrade that was undone, and would stay',
      ),
    ),
  ]
}

const reasonOf = (module: string, message: string): HotReason => ({
  module,
  line: null,
  message,
  remedy:
    'Lay the release in a folder that was not used before (with a parent: give it another version), or use `upgrade()`.',
  allow: null,
})
