import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { loadConfig } from '../config/load.ts'
import { BeamDeployError, messageOf } from '../errors.ts'
import type { ParentChild } from '../parent-child.ts'
import { askNode } from '../release/node-binary.ts'
import { readPublicKey, type TrustedKey } from '../release/public-key.ts'
import type { NodeBinary, Release } from '../release/release.ts'
import type { Store } from '../release/store.ts'
import type { SharedOptions } from '../start-checks.ts'
import type { StartOptions } from '../start-options.ts'
import { appStateDir } from '../state-dir.ts'
import { stateRoot } from '../state-root.ts'
import { type Logger, stderrLogger } from './logger.ts'
import { openParent, type ParentPlace } from './open-parent.ts'
import { type GivenSettings, resolveSettings } from './resolve-settings.ts'
import { setRunningParent } from './running.ts'
import type { ParentSettings } from './settings.ts'
import { endOnSignals } from './signals.ts'
import { unpackingChild } from './unpacking-child.ts'

/** Makes this process the parent of the very program it runs. The first generation runs where the program stands. */
export async function startHere(
  parentChildren: readonly ParentChild[],
  options: StartOptions,
  shared: SharedOptions,
): Promise<void> {
  const here = await releaseOfThisProgram()
  const { app, logger = stderrLogger } = options
  const place = { app, logger, stateDir: appStateDir(stateRoot(options.stateDir), app) }
  const node = options.node === undefined ? null : await askGiven(options.node)
  const verify = (options.verify ?? []).map(file =>
    readPublicKey(resolve(file), `start(): the option verify names ${file}`),
  )
  const parent = await openParent(place, {
    settingsOf: release => settingsOf({ place, parentChildren, shared, node, verify, here, release }),
    callerForPeers: unpackingChild,
    firstRelease: store => firstRelease(store, here, logger),
    seed: here.id,
    onOpen: opening => {
      // From here on: a parent child may use it while it starts.
      setRunningParent({
        operations: {
          upgrade: request => opening.upgrade(request, unpackingChild),
          rollback: () => opening.rollback(unpackingChild),
          hotUpgrade: request => opening.hotUpgrade(request, unpackingChild),
          planUpgrade: request => opening.planUpgrade(request, unpackingChild),
          status: () => opening.status(),
        },
        exchange: opening.exchange,
      })
      const letGo = endOnSignals(
        () => opening.stop(),
        error => logger.error(messageOf(error)),
      )
      return () => {
        setRunningParent(null)
        letGo()
      }
    },
  })
  void parent?.ended.then(({ reason }) => {
    // Only the command line exits a process; this one ends by itself, now that nothing of ours is open.
    if (reason === 'exhausted') process.exitCode = 1
  })
}

const askGiven = (path: string) => askNode(resolve(path), `start(): the option node names ${path}`)

interface SettingsParts {
  place: ParentPlace
  parentChildren: readonly ParentChild[]
  shared: SharedOptions
  /** What the option `node` names. */
  node: NodeBinary | null
  verify: readonly TrustedKey[]
  here: Release
  release: Release
}

function settingsOf({
  place,
  parentChildren,
  shared,
  node,
  verify,
  here,
  release,
}: SettingsParts): ParentSettings {
  const { endpoints = { ports: [], hosts: [], paths: [] }, ...others } = shared
  const given: GivenSettings = { endpoints, ...others, verify, ...(node && { node }) }
  const resolved = resolveSettings(given, release)
  return {
    ...place,
    ...resolved,
    // Whoever runs this program has said so. It is no archive, and carries no signature.
    assertTrusted: release => {
      if (release.id !== here.id) resolved.assertTrusted(release)
    },
    // As this program was started, but for a debugger, whose port one process has.
    execArgv: process.execArgv.filter(option => !option.startsWith('--inspect')),
    parentChildren: [...parentChildren, ...resolved.parentChildren],
  }
}

/** As with an archive that is given again: what was switched to since this program was first started, stays. */
async function firstRelease(store: Store, here: Release, logger: Logger): Promise<Release> {
  const current = store.current()
  if (current && store.seed() === here.id) {
    if (current.id !== here.id)
      logger.info(`starting ${current.version}, which was switched to after ${here.version}`)
    return current
  }
  await store.registerInPlace(here)
  return here
}

/** The folder with the nearest `package.json` above the program, and the program as its entry. */
async function releaseOfThisProgram(): Promise<Release> {
  const program = realpathSync(process.argv[1] ?? '')
  const dir = packageFolder(program)
  const packageJson = readFileSync(join(dir, 'package.json'))
  const { name = 'app', version = '0.0.0' } = JSON.parse(packageJson.toString()) as {
    name?: string
    version?: string
  }
  const hash = createHash('sha256')
    .update(program)
    .update(packageJson)
    .update(readFileSync(program))
    .digest('hex')
  const config = await loadConfig(dir)
  return {
    id: `${version}-${hash.slice(0, 12)}`,
    name,
    version,
    dir,
    entry: relative(dir, program).split(sep).join('/'),
    ...(config && { config }),
  }
}

function packageFolder(program: string): string {
  for (let dir = dirname(program); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return dir
    if (dir !== dirname(dir)) continue
    throw new BeamDeployError(
      'invalid_release',
      `${program} has no package.json in its folder or above; start() needs one, for name and version.`,
      { phase: 'configure' },
    )
  }
}
