import { rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadConfig } from '../config/load.ts'
import { BeamDeployError } from '../errors.ts'
import type { UnpackRequest, UnpackResult } from '../rpc/contracts.ts'
import type { CheckedArchive } from './check-signature.ts'
import { copyFolderRelease } from './folder.ts'
import { findNode, runtimeOf } from './node-binary.ts'
import { unpackRelease } from './unpack.ts'
import type { UnpackedRelease } from './unpacked.ts'

export interface UnpackSourceOptions {
  signal?: AbortSignal
  /** Called as an archive is read: its bytes, so far and in all. */
  onProgress?: (progress: { read: number; total: number; files: number }) => void
}

/**
 * Makes a release that can be booted here of an archive or an application's folder: unpacks or copies it to `into`, a place
 * below a state folder's `releases/`, and checks that the Node.js which is to run it is one that it asks for, and that this host can load its
 * native addons.
 *
 * Where keys are named it is first checked who has signed it: nothing of what nobody has signed is unpacked, and nothing of it run.
 *
 * @throws `release_not_found`, `invalid_release`, `untrusted_release`, `extract_failed`, `incompatible_runtime`, or `invalid_option` for its configuration, after which `into` is not there.
 */
export async function unpackSource(
  request: UnpackRequest,
  options: UnpackSourceOptions = {},
): Promise<UnpackResult> {
  const { source, into } = request
  const checked = await check(request)
  // What was checked was an archive, whatever stands in its place by now.
  const unpacked =
    !checked && isFolder(source)
      ? copyHere(source, into)
      : await unpackRelease({ archive: source, into, checked, ...options })
  const { name, version, entry, sha256, verifiedBy, files, bytes } = unpacked
  return orRemove(into, async () => {
    const config = await loadConfig(into)
    const named = unpacked.manifest?.node ?? config?.node
    // One that cannot run here is no reason to refuse a release that shall run on another.
    const node = await findNode(into, named).catch(error => {
      if (request.nodeIsGiven) return null
      throw error
    })
    const runtime = node && !request.nodeIsGiven ? runtimeOf(node) : request.runtime
    if (runtime?.version !== undefined) await assertEngine(unpacked, into, runtime.version)
    if (unpacked.nativeAddons.length > 0) {
      const { assertCompatible, currentRuntime } = await import('./runtime.ts')
      assertCompatible({ ...unpacked, dir: into }, { ...currentRuntime(), ...runtime })
    }
    const builtOnNode = unpacked.manifest?.runtime.nodeMajor
    return {
      name,
      version,
      entry,
      sha256,
      files,
      bytes,
      ...(verifiedBy !== undefined && { verifiedBy }),
      ...(config && { config }),
      ...(node && { node }),
      ...(builtOnNode !== undefined && { builtOnNode }),
    }
  })
}

async function check({ source, verify = [] }: UnpackRequest): Promise<CheckedArchive | undefined> {
  if (verify.length === 0) return undefined
  const { checkSignature } = await import('./check-signature.ts')
  return checkSignature(source, verify)
}

/** It can be started by nobody who goes by what it says of itself. */
async function assertEngine(
  { name, version }: Pick<UnpackedRelease, 'name' | 'version'>,
  dir: string,
  running: string,
): Promise<void> {
  const { unmetEngine } = await import('./engines.ts')
  const wanted = unmetEngine(dir, running)
  if (wanted === null) return
  throw new BeamDeployError(
    'incompatible_runtime',
    `${name} ${version} asks for Node.js ${wanted} (engines of its package.json), and would run on ${running}. ` +
      'Correct that, name another Node.js with --node, or have the release bring one.',
    { phase: 'validate' },
  )
}

/** Nothing of a release that is refused stays. */
async function orRemove<T>(into: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    rmSync(into, { recursive: true, force: true })
    throw error
  }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

function copyHere(dir: string, into: string) {
  // The state folder can be inside the application's, and is no part of it.
  return copyFolderRelease({ dir, into, exclude: [dirname(into), dirname(dirname(into))] })
}
