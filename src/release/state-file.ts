import type { ReleaseConfig } from '../config/config.ts'
import { BeamDeployError } from '../errors.ts'
import type { HistoryEntry } from '../rpc/contracts.ts'
import type { Lineage } from './lineage.ts'
import type { NodeBinary } from './release.ts'

/** The newest format of `state.json` that this version writes, and the newest it reads. */
export const STATE_VERSION = 1

/** What is kept of a release beside its files. */
export interface ReleaseRecord {
  name: string
  version: string
  entry: string
  /** Hex; `null` when the record was lost and made again from the files. */
  sha256: string | null
  /** ISO 8601. */
  adoptedAt: string
  /** Older versions have written none. */
  config?: ReleaseConfig
  node?: NodeBinary
  /** Id of the key with which its signature was checked when it came. */
  verifiedBy?: string
  /** Absolute; only of a release that runs where it stands, outside the store. Its files are never removed. */
  dir?: string
}

/** The content of `state.json`. */
export interface State {
  stateVersion: typeof STATE_VERSION
  /** In the order of their adoption. */
  releases: Record<string, ReleaseRecord>
  lineage: Lineage
  /** The hash of what `start` was given last. */
  seed: string | null
  /** Oldest first. */
  history: HistoryEntry[]
}

export const EMPTY_STATE: State = {
  stateVersion: STATE_VERSION,
  releases: {},
  lineage: [],
  seed: null,
  history: [],
}

/** Reads the text of `file`. What cannot be understood is never thrown away: `invalid_option` names the file. */
export function parseState(text: string, file: string): State {
  const value = parseJson(text, file)
  if (!isRecord(value)) throw unusable(file, 'it is not a JSON object')
  const { stateVersion } = value
  if (typeof stateVersion === 'number' && stateVersion > STATE_VERSION) {
    throw new BeamDeployError(
      'invalid_option',
      `${file} was written by a newer beam-deploy (state version ${stateVersion}; this one reads up to ${STATE_VERSION}). Use that version, or name another state folder with --state-dir.`,
      { phase: 'configure' },
    )
  }
  const wrong = Object.entries(CHECKS).find(([key, check]) => !check(value[key]))?.[0]
  if (wrong !== undefined) throw unusable(file, `"${wrong}" is missing or of the wrong kind`)
  return value as unknown as State
}

export const printState = (state: State) => `${JSON.stringify(state, null, 2)}\n`

type Check = (value: unknown) => boolean

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText: Check = value => typeof value === 'string'
const isTextOrNull: Check = value => value === null || isText(value)

const CHECKS: Record<keyof State, Check> = {
  stateVersion: value => value === STATE_VERSION,
  releases: value =>
    isRecord(value) &&
    Object.values(value).every(
      record =>
        isRecord(record) &&
        [record.name, record.version, record.entry, record.adoptedAt].every(isText) &&
        isTextOrNull(record.sha256) &&
        (record.verifiedBy === undefined || isText(record.verifiedBy)) &&
        (record.dir === undefined || isText(record.dir)) &&
        (record.config === undefined || isRecord(record.config)) &&
        (record.node === undefined || (isRecord(record.node) && isText(record.node.path))),
    ),
  lineage: value => Array.isArray(value) && value.every(isText),
  seed: isTextOrNull,
  history: value => Array.isArray(value) && value.every(isRecord),
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unusable(file, 'it is not JSON', cause)
  }
}

function unusable(file: string, what: string, cause?: unknown): BeamDeployError {
  return new BeamDeployError(
    'invalid_option',
    `${file} is damaged: ${what}. Move it away: the next start then finds the current release by the link beside it, but not the history.`,
    { phase: 'configure', cause },
  )
}
