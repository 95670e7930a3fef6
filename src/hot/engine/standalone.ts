import cluster from 'node:cluster'
import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { now } from '../../clock.ts'
import { BeamDeployError } from '../../errors.ts'
import { UNPACK } from '../../programs.ts'
import { unpackInChild } from '../../release/unpack-in-child.ts'
import type { ReleaseSummary } from '../../rpc/contracts.ts'
import type {
  HotFunctions,
  HotHandle,
  HotReason,
  HotRequest,
  HotRules,
  UpgradePlan,
} from '../../rpc/hot-contracts.ts'
import { pack } from '../../rpc/values.ts'
import { otherNodeReasons } from './other-node.ts'
import { readPackage } from './package.ts'

type Rules = HotRules & { extra?: unknown }

/** Hot upgrades of a process without a parent. */
export function createStandalone(
  engine: HotFunctions,
  root: string,
): Pick<HotHandle, 'hotUpgrade' | 'planUpgrade'> {
  let busy = false
  let running = realpathSync(root)

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
  ): Promise<{ plan: UpgradePlan; request: HotRequest; forget(): void }> {
    const { dir, release, forget } = await obtain(path, root)
    const request: HotRequest = {
      ...rules,
      dir,
      release,
      ...(extra !== undefined && { extra: pack(extra, 'the option extra') }),
    }
    try {
      const own = [
        ...(await otherNodeReasons(dir)),
        ...clusterReasons(),
        ...sameFolderReasons(dir, running, rules.allow),
      ]
      return {
        plan: withReasons(await engine.prepareHot(request), own),
        request,
        forget,
      }
    } catch (error) {
      forget()
      throw error
    }
  }

  return {
    planUpgrade: (path, rules) =>
      alone(async () => {
        const { plan, forget } = await prepare(path, rules)
        await engine.discardHot()
        forget()
        return plan
      }),
    hotUpgrade: (path, rules) =>
      alone(async () => {
        const startedAt = now()
        const { release: previous } = engine.hotSummary()
        const { plan, request, forget } = await prepare(path, rules)
        if (plan.verdict !== 'hot') {
          await engine.discardHot()
          forget()
          throw refused(path, plan)
        }
        await engine.commitHot().catch(error => {
          forget()
          throw error
        })
        const stats = await engine.settleHot()
        running = realpathSync(request.dir)
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

const withReasons = (plan: UpgradePlan, reasons: HotReason[]): UpgradePlan =>
  reasons.length === 0 ? plan : { ...plan, verdict: 'blue-green', reasons: [...reasons, ...plan.reasons] }

function refused(path: string, plan: UpgradePlan): BeamDeployError {
  const reasons = plan.reasons.map(
    ({ module, line, message, remedy }) =>
      `  ${module}${line === null ? '' : `:${line}`}: ${message}. ${remedy}`,
  )
  const message = `${path} cannot be a hot upgrade:\n${reasons.join('\n')}`
  return new BeamDeployError('incompatible_change', message, { phase: 'plan', reasons: plan.reasons })
}

interface Obtained {
  dir: string
  release: ReleaseSummary
  /** What was unpacked is not needed. */
  forget(): void
}

/** A folder is taken as it stands; an archive is unpacked for as long as this process lives, if it comes to run it. */
async function obtain(path: string, root: string): Promise<Obtained> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new BeamDeployError('release_not_found', `${path} does not exist`, { phase: 'validate' })
  const obtained = found.isDirectory() ? folderAt(path) : await unpacked(path)
  const { name } = readPackage(obtained.dir)
  const own = readPackage(root).name
  if (name === own) return obtained
  obtained.forget()
  const message = `${path} is a release of ${name}, but ${own} runs here. Name one of ${own}.`
  throw new BeamDeployError('invalid_release', message, { phase: 'validate' })
}

function folderAt(dir: string): Obtained {
  const { version } = readPackage(dir)
  return { dir, release: { id: basename(dir), version }, forget: () => undefined }
}

async function unpacked(source: string): Promise<Obtained> {
  const folder = mkdtempSync(join(tmpdir(), 'beam-deploy-hot-'))
  const forget = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', forget)
  const dir = join(folder, 'release')
  try {
    const { version, sha256 } = await unpackInChild({ source, into: dir }, { program: UNPACK })
    return {
      dir,
      release: { id: `${version}-${sha256.slice(0, 12)}`, version },
      forget: () => {
        process.removeListener('exit', forget)
        forget()
      },
    }
  } catch (error) {
    process.removeListener('exit', forget)
    forget()
    throw error
  }
}

/** Of a folder that is written over, nobody knows what it was: files that are no modules are compared with those that run. */
function sameFolderReasons(dir: string, running: string, allow: readonly string[]): HotReason[] {
  if (realpathSync(dir) !== running || allow.includes(FOLDER)) return []
  return [
    {
      module: FOLDER,
      line: null,
      message:
        'it stands in the folder that this process runs from, where packages and other files may have changed unnoticed',
      remedy: 'Lay the release in a folder of its own, or allow it where nothing but modules changed',
      allow: FOLDER,
    },
  ]
}

const FOLDER = '.'

/** Workers of node:cluster run the application's code, and none of it would be replaced. */
function clusterReasons(): HotReason[] {
  if (Object.keys(cluster.workers ?? {}).length === 0) return []
  return [
    {
      module: 'package.json',
      line: null,
      message: 'the application runs in node:cluster workers, and code is replaced in one process only',
      remedy: 'Use `beam-deploy start` with several peers (--peers) in place of node:cluster',
      allow: null,
    },
  ]
}
