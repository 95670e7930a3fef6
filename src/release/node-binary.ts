import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { BeamDeployError, messageOf } from '../errors.ts'
import { ownEnvironment } from '../own-environment.ts'
import { isSupportedNode, SUPPORTED_NODE } from '../supported-node.ts'

import type { NodeBinary, RuntimeIdentity } from './release.ts'

/** Where the npm package `node` puts it. */
export const INSTALLED_NODE = 'node_modules/node/bin/node'

/** Milliseconds that it may take to say its version. */
const TIMEOUT_MS = 10_000

/** The Node.js that the release in `dir` brings: the one that it `names`, else one that is installed in it, else none. */
export async function findNode(dir: string, names: string | undefined): Promise<NodeBinary | null> {
  if (names === undefined && !isExecutable(join(dir, INSTALLED_NODE))) return null
  const path = names ?? INSTALLED_NODE
  return { ...(await askNode(join(dir, path), `the release names ${path} as its Node.js`)), path }
}

/**
 * Asks a Node.js what it is.
 *
 * @param why begins the message where it cannot be used.
 * @throws `incompatible_runtime` where it does not run here, or is not a version that peers can run on.
 */
export async function askNode(file: string, why: string): Promise<NodeBinary> {
  const versions = await versionsOf(file, why)
  if (!isSupportedNode(versions.node)) {
    throw incompatible(`${why}, and that is Node.js ${versions.node}: peers need ${SUPPORTED_NODE}.`)
  }
  return { path: file, version: versions.node, abi: versions.modules }
}

/** What native addons depend on of it, and its version. */
export const runtimeOf = ({
  version,
  abi,
}: Pick<NodeBinary, 'version' | 'abi'>): Pick<RuntimeIdentity, 'nodeMajor' | 'abi'> & {
  version: string
} => ({
  nodeMajor: Number.parseInt(version, 10),
  abi,
  version,
})

/** The absolute path of the Node.js of a release in `dir`. */
export const nodePathIn = (dir: string, { path }: NodeBinary): string =>
  isAbsolute(path) ? path : join(dir, path)

function versionsOf(file: string, why: string): Promise<{ node: string; modules: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ node: string; modules: string }>()
  const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' as const, env: ownEnvironment() }
  execFile(file, ['-p', 'JSON.stringify(process.versions)'], options, (error, stdout) => {
    const versions = error ? null : parseVersions(stdout)
    const reason = error ? messageOf(error).trimEnd() : `it said ${JSON.stringify(stdout.slice(0, 100))}`
    if (versions) resolve(versions)
    else reject(incompatible(`${why}, and it does not run here: ${reason}.`, error ?? undefined))
  })
  return promise
}

/** `null` for what no Node.js would say. */
function parseVersions(text: string): { node: string; modules: string } | null {
  try {
    const { node, modules } = JSON.parse(text) as Record<string, unknown>
    return typeof node === 'string' && typeof modules === 'string' ? { node, modules } : null
  } catch {
    return null
  }
}

/** Whether somebody may run the file; `false` for what is none. */
export function isExecutable(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true && (stats.mode & 0o111) !== 0
}

const incompatible = (message: string, cause?: unknown) =>
  new BeamDeployError(
    'incompatible_runtime',
    `${message} Build the release with one that runs on this host, or name another with --node.`,
    { phase: 'validate', cause },
  )
