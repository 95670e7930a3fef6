import { resolve } from 'node:path'
import { BeamDeployError } from './errors.ts'
import { checkHotOptions, type HotUpgradeOptions } from './hot-options.ts'
import { operationsHere } from './place.ts'
import type { Operations } from './rpc/contracts.ts'
import type { Remote } from './rpc/exchange-contracts.ts'
import type { HotRules, HotUpgradeReport, HotUpgradeRequest, UpgradePlan } from './rpc/hot-contracts.ts'
import { hotEngine, hotUnavailable, whyNotHot } from './rpc/hot-engine.ts'
import { packedAsText } from './rpc/packed-text.ts'
import { pack } from './rpc/values.ts'

/**
 * Replaces the code that changed in the running processes with that of the release in `path`, a local archive or application folder. Processes,
 * connections and state stay. In a peer and in the parent it is done in all peers or in none; in a program without a parent,
 * started with `node --import beam-deploy/hot app.js`, in this process.
 *
 * @param path of an archive or a folder; a relative one starts at the working directory of this process.
 * @param options see {@link HotUpgradeOptions}.
 * @returns what was replaced, kept and evaluated anew, and what became of stateful processes.
 * @throws {BeamDeployError} `incompatible_change` when the change cannot be made in place, with every reason in its message and in
 *   `reasons`: nothing has happened then, and {@link upgrade} does it with new processes. `hot_upgrade_failed` when it was undone.
 *   `hot_unavailable` where there is no hot loading; `invalid_option`, `not_cloneable` for `extra`; `release_not_found`, `invalid_release`, `untrusted_release`, `extract_failed`,
 *   `incompatible_runtime`, `upgrade_in_progress` as of {@link upgrade}.
 *
 * @example
 * ```js
 * import { hotUpgrade, isBeamDeployError, upgrade } from 'beam-deploy'
 *
 * const file = '/srv/my-app/my-app-0.2.0.tgz'
 * await hotUpgrade(file, { suspendTimeout: '5s' }).catch(error => {
 *   if (isBeamDeployError(error) && error.code === 'incompatible_change') return upgrade(file)
 *   throw error
 * })
 * ```
 */
export async function hotUpgrade(path: string, options: HotUpgradeOptions = {}): Promise<HotUpgradeReport> {
  const rules = checkHotOptions('hotUpgrade()', options)
  const parent = parentHere()
  return parent
    ? parent.hotUpgrade(requestOf(path, rules))
    : engineHere('hotUpgrade()').hotUpgrade(resolve(path), rules)
}

/**
 * Says what {@link hotUpgrade} would do, and changes nothing: nothing of the release stays on disk, and the history has no entry. No
 * other upgrade can begin meanwhile.
 *
 * @param path as of {@link hotUpgrade}.
 * @param options as of {@link hotUpgrade}: `allow` counts.
 * @returns a verdict: `hot`; `blue-green` when it takes new processes ({@link upgrade}); `restart` when it takes a new parent; with every reason, and what
 *   would be replaced, kept and evaluated anew.
 * @throws {BeamDeployError} as {@link hotUpgrade}, but for `incompatible_change`.
 *
 * @example
 * ```js
 * import { hotUpgrade, planUpgrade, upgrade } from 'beam-deploy'
 *
 * const file = '/srv/my-app/my-app-0.2.0.tgz'
 * const { verdict, reasons } = await planUpgrade(file)
 * for (const { module, line, message, remedy } of reasons) console.log(`${module}:${line} ${message} (${remedy})`)
 * await (verdict === 'hot' ? hotUpgrade(file) : upgrade(file))
 * ```
 */
export async function planUpgrade(path: string, options: HotUpgradeOptions = {}): Promise<UpgradePlan> {
  const rules = checkHotOptions('planUpgrade()', options)
  const parent = parentHere()
  return parent
    ? parent.planUpgrade(requestOf(path, rules))
    : engineHere('planUpgrade()').planUpgrade(resolve(path), rules)
}

const requestOf = (path: string, { extra, ...rules }: HotRules & { extra?: unknown }): HotUpgradeRequest => ({
  path: resolve(path),
  ...rules,
  ...(extra !== undefined && { extra: packedAsText(pack(extra, 'the option extra')) }),
})

/** What a parent of the first version left in its peers knows no hot upgrades. */
function parentHere(): Remote<Operations> | null {
  const parent: Partial<Remote<Operations>> | null = operationsHere()
  if (parent && !(parent.hotUpgrade && parent.planUpgrade)) {
    throw new BeamDeployError(
      'incompatible_protocol',
      'the parent is of a version of beam-deploy without hot upgrades. Restart it with the one that is installed now.',
      { phase: 'control' },
    )
  }
  return parent as Remote<Operations> | null
}

function engineHere(what: string) {
  const engine = hotEngine()
  if (engine) return engine
  const why = whyNotHot()
  throw hotUnavailable(
    why === null
      ? `${what}: this process has no hot loading. Start it with \`node --import beam-deploy/hot app.js\`, or with \`beam-deploy start\`.`
      : `${what}: this process has no hot loading: ${why}.`,
  )
}
