import { checkPath } from './entry-path.ts'
import { MANIFEST_PATH, MANIFEST_VERSION, type Manifest } from './manifest.ts'
import type { Refuse } from './refusal.ts'

/** Reads the text of a manifest; keys that this version does not know are ignored. */
export function parseManifest(text: string, refuse: Refuse): Manifest {
  const value = parseObject(text, refuse)
  const { manifestVersion } = value
  if (typeof manifestVersion === 'number' && manifestVersion > MANIFEST_VERSION) {
    throw refuse(
      `its ${MANIFEST_PATH} has version ${manifestVersion}, and this beam-deploy reads up to ${MANIFEST_VERSION}`,
      { remedy: 'Update beam-deploy on this host, or build the release with the version that is here.' },
    )
  }
  const wrong = Object.entries(CHECKS).find(([key, check]) => !check(value[key]))?.[0]
  if (wrong !== undefined) {
    throw refuse(`its ${MANIFEST_PATH} has no valid "${wrong}" (found ${shown(value[wrong])})`)
  }
  const manifest = value as unknown as Manifest
  const unlisted = [manifest.entry, ...manifest.nativeAddons].find(
    path => !Object.hasOwn(manifest.files, path),
  )
  if (unlisted !== undefined)
    throw refuse(`its ${MANIFEST_PATH} names ${shown(unlisted)}, but not among "files"`)
  return manifest
}

type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string' && value !== ''
const isPath: Check = value => {
  const checked = typeof value === 'string' ? checkPath(value) : null
  return checked?.ok === true && checked.path === value && value !== ''
}
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const CHECKS: Record<keyof Manifest, Check> = {
  node: value => value === undefined || isPath(value),
  manifestVersion: value => value === MANIFEST_VERSION,
  name: isText,
  version: isText,
  entry: isPath,
  runtime: value =>
    isRecord(value) &&
    Number.isInteger(value.nodeMajor) &&
    isText(value.abi) &&
    isText(value.platform) &&
    isText(value.arch) &&
    (value.libc === null || value.libc === 'glibc' || value.libc === 'musl'),
  nativeAddons: value => Array.isArray(value) && value.every(isPath),
  files: value =>
    isRecord(value) &&
    Object.entries(value).every(
      ([path, hash]) => isPath(path) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash),
    ),
}

function parseObject(text: string, refuse: Refuse): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refuse(`its ${MANIFEST_PATH} is not JSON`, { cause })
  }
  if (!isRecord(value)) throw refuse(`its ${MANIFEST_PATH} is not a JSON object`)
  return value
}

const shown = (value: unknown) => (JSON.stringify(value) ?? 'none').slice(0, 100)
