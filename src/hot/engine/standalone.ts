import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { now } from '../../clock.ts'
import { BeamDeployError } from '../../errors.ts'
import { UNPACK } from '../../programs.ts'
import { unpackInChild } from '../../release/unpack-in-child.ts'
import type { ReleaseSummary } from '../../rpc/contracts.ts'
import type { HotFunctions, HotHandle, HotRequest, HotRules, UpgradePlan } from '../../rpc/hot-contracts.ts'
import { pack } from '../../rpc/values.ts'
import { readPackage } from './package.ts'

type Rules = HotRules & { extra?: unknown }

/** Hot upgrades of a process without a parent. */
export function createStandalone(
  engine: HotFunctions,
  root: string,
): Pick<HotHandle, 'hotUpgrade' | 'planUpgrade'> {
  let busy = false

  async function alone<Result>(run: () => Promise<Result>): Promise<Result> {
    if (busy) {
      const message = 'another hot upgrade is under way in this process. Wait for it to end.'
      throw new BeamDeployError('upgrade_in_progress', message, { phase: 'plan' })
    }
    busy = true
    try {
      return await run()
    } finally {
      busy = false
    }
  }

  async function prepare(
    path: string,
    { extra, ...rules }: Rules,
  ): Promise<{ plan: UpgradePlan; request: HotRequest }> {
    const { dir, release } = await obtain(path, root)
    const request: HotRequest = {
      ...rules,
      dir,
      release,
      ...(extra !== undefined && { extra: pack(extra, 'the option extra') }),
    }
    return { plan: await engine.prepareHot(request), request }
  }

  return {
    planUpgrade: (path, rules) =>
      alone(async () => {
        const { plan } = await prepare(path, rules)
        await engine.discardHot()
        return plan
      }),
    hotUpgrade: (path, rules) =>
      alone(async () => {
        const startedAt = now()
        const { release: previous } = engine.hotSummary()
        const { plan, request } = await prepare(path, rules)
        if (plan.verdict !== 'hot') {
          await engine.discardHot()
          throw refused(path, plan)
        }
        await engine.commitHot()
        const stats = await engine.settleHot()
        const { name: app } = readPackage(request.dir)
        return {
          ...stats,
          action: 'hot-upgrade',
          app,
          previous,
          peers: [process.pid],
          durationMs: Math.round(now() - startedAt),
        }
      }),
  }
}

function refused(path: string, plan: UpgradePlan): BeamDeployError {
  const reasons = plan.reasons.map(
    ({ module, line, message, remedy }) =>
      `  ${module}${line === null ? '' : `:${line}`}: ${message}. ${remedy}`,
  )
  return Object.assign(
    new BeamDeployError('incompatible_change', `${path} cannot be a hot upgrade:\n${reasons.join('\n')}`, {
      phase: 'plan',
    }),
    { reasons: plan.reasons },
  )
}

/** A folder is taken as it stands; an archive is unpacked for as long as this process lives. */
async function obtain(path: string, root: string): Promise<{ dir: string; release: ReleaseSummary }> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new BeamDeployError('release_not_found', `${path} does not exist`, { phase: 'validate' })
  let dir = path
  let id = basename(path)
  let version: string
  if (found.isDirectory()) ({ version } = readPackage(path))
  else {
    const folder = mkdtempSync(join(tmpdir(), 'beam-deploy-hot-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    dir = join(folder, 'release')
    const unpacked = await unpackInChild({ source: path, into: dir }, { program: UNPACK })
    version = unpacked.version
    id = `${version}-${unpacked.sha256.slice(0, 12)}`
  }
  const { name } = readPackage(dir)
  const own = readPackage(root).name
  if (name !== own) {
    const message = `${path} is a release of ${name}, but ${own} runs here. Name one of ${own}.`
    throw new BeamDeployError('invalid_release', message, { phase: 'validate' })
  }
  return { dir, release: { id, version } }
}
