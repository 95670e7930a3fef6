import { join } from 'node:path'
import { familySync, GLIBC, MUSL } from 'detect-libc'
import { BeamDeployError, ERROR_CODES } from '../errors.ts'
import { type AddonTarget, canLoad, readAddonTarget } from './addon.ts'
import type { RuntimeIdentity } from './release.ts'
import type { UnpackedRelease } from './unpacked.ts'

/** The runtime of this process. Synchronous; on Linux it reads a file of the C library once. */
export function currentRuntime(): RuntimeIdentity {
  const libc = familySync()
  return {
    nodeMajor: Number.parseInt(process.versions.node, 10),
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
    libc: libc === GLIBC ? 'glibc' : libc === MUSL ? 'musl' : null,
  }
}

/** What {@link assertCompatible} needs of a release, unpacked in `dir`. */
export type CompatibilityFacts = Pick<UnpackedRelease, 'name' | 'version' | 'manifest' | 'nativeAddons'> & {
  dir: string
}

/**
 * Throws `incompatible_runtime` when the release has native addons that this host cannot load. With a manifest the host must
 * be like the one it was built on; without one, the addons themselves are looked at. Packages bring addons for
 * many platforms at once, so a package is only a reason when none of its addons is for this host.
 */
export function assertCompatible(release: CompatibilityFacts, host?: RuntimeIdentity): void {
  if (release.nativeAddons.length === 0) return
  const runtime = host ?? currentRuntime()
  if (release.manifest) assertSameRuntime(release, release.manifest.runtime, runtime)
  else assertLoadable(release, runtime)
}

function assertSameRuntime(release: CompatibilityFacts, built: RuntimeIdentity, host: RuntimeIdentity): void {
  const same =
    built.platform === host.platform &&
    built.arch === host.arch &&
    built.abi === host.abi &&
    (built.libc === host.libc || built.libc === null || host.libc === null)
  if (!same) throw incompatible(release, release.nativeAddons, describe(built), describe(host))
}

function assertLoadable({ dir, ...release }: CompatibilityFacts, host: RuntimeIdentity): void {
  for (const addons of byPackage(release.nativeAddons).values()) {
    const targets = addons.map(addon => readAddonTarget(join(dir, addon)))
    if (targets.some(target => canLoad(target, host))) continue
    const built = [...new Set(targets.map(describeTarget))].join(' or ')
    throw incompatible({ dir, ...release }, addons, built, `${host.platform}-${host.arch}`)
  }
}

/** The package's folder; those of one family (`@scope/name-linux-x64`, `@scope/name-darwin-arm64`) count as one. */
function byPackage(addons: string[]): Map<string, string[]> {
  return Map.groupBy(addons, addon => {
    const folder = addon.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? ''
    return folder.replace(/[-.](?:linux|linuxmusl|darwin|win32|freebsd|android|openharmony)-[\w-]+$/, '')
  })
}

function incompatible(
  { name, version }: CompatibilityFacts,
  addons: string[],
  built: string,
  host: string,
): BeamDeployError {
  const more = addons.length > 1 ? ` and ${addons.length - 1} more` : ''
  return new BeamDeployError(
    'incompatible_runtime',
    `${name} ${version} has native addons (${addons[0]}${more}) for ${built}, and this host is ${host}. ${ERROR_CODES.incompatible_runtime.remedy}`,
    { phase: 'validate' },
  )
}

const describe = ({ platform, arch, libc, abi, nodeMajor }: RuntimeIdentity) =>
  `${platform}-${arch}${libc ? ` with ${libc}` : ''}, Node.js ${nodeMajor} (ABI ${abi})`

const describeTarget = (target: AddonTarget | null) =>
  target === null ? 'an unknown platform' : `${PLATFORMS[target.format]}-${target.archs.join('/')}`

const PLATFORMS = { ELF: 'linux', 'Mach-O': 'darwin', PE: 'win32' }
