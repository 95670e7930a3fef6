import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BeamDeployError } from '../errors.ts'
import { runtimeFor } from '../parent/obtain-release.ts'
import { isAlive } from '../parent/process-id.ts'
import type { GivenSettings } from '../parent/resolve-settings.ts'
import { unpackingChild } from '../parent/unpacking-child.ts'
import { assertChecked } from '../release/trust.ts'
import { appFolders, appOfFolder, makeStateFolder } from '../state-dir.ts'

const STAGING = /^\.start-(\d+)$/

/**
 * Unpacks what `start` is given beside the applications' folders, since only its contents say which
 * application it is. `undo` removes what nobody has taken over.
 */
export async function stageSource(
  source: string,
  root: string,
  { node, verify = [] }: Pick<GivenSettings, 'node' | 'verify'>,
  undo: DisposableStack,
) {
  makeStateFolder(root)
  removeLeftOver(root)
  const draft = join(root, `.start-${process.pid}`)
  mkdirSync(draft, { mode: 0o700 })
  undo.defer(() => rmSync(draft, { recursive: true, force: true }))
  const dir = join(draft, 'release')
  const request = { source, into: dir, ...runtimeFor(node ?? null), ...(verify.length > 0 && { verify }) }
  const unpacked = await unpackingChild.unpack(request)
  assertChecked(source, unpacked, verify)
  return { draft, dir, unpacked }
}

/** What a start that was killed has left. */
function removeLeftOver(root: string): void {
  for (const name of readdirSync(root)) {
    const found = STAGING.exec(name)
    if (!found) continue
    const pid = Number(found[1])
    // One with our own id is of somebody who had it before.
    if (pid === process.pid || !isAlive({ pid, started: null }))
      rmSync(join(root, name), { recursive: true, force: true })
  }
}

/** The application to start when none is named: the only one that was started before. */
export function onlyApp(root: string): string {
  const apps = appFolders(root)
    .filter(name => existsSync(join(root, name, 'current')))
    .map(appOfFolder)
  const [app, ...others] = apps
  if (app !== undefined && others.length === 0) return app
  const found = apps.length === 0 ? 'none was started before' : `there are ${apps.join(', ')}`
  throw new BeamDeployError(
    'invalid_option',
    `which application to start is not clear: ${found} with state folder ${root}. Give an archive, or name one with --app.`,
    { phase: 'configure' },
  )
}
