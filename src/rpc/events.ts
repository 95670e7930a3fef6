import type { BeamDeployErrorCode, Phase } from '../errors.ts'
import type { PeerStatus, ReleaseSummary } from './contracts.ts'

/**
 * Every event that parent and peers publish: the name of its `node:diagnostics_channel` channel, and what the message is. They are
 * plain JSON. Keys are only ever added. `docs/events.md` has the same table; a test holds the two together.
 */
export interface BeamDeployEvents {
  'beam-deploy:upgrade:start': SwapEvent
  'beam-deploy:upgrade:end': SwapEndEvent
  'beam-deploy:upgrade:error': SwapEvent & Failed
  'beam-deploy:unpack:start': SwapEvent
  'beam-deploy:unpack:end': SwapEvent & Timed
  'beam-deploy:unpack:error': SwapEvent & Failed
  'beam-deploy:boot:start': SwapEvent
  'beam-deploy:boot:end': SwapEvent & Timed
  'beam-deploy:boot:error': SwapEvent & Failed
  'beam-deploy:cutover:start': SwapEvent
  'beam-deploy:cutover:end': SwapEvent & Timed
  'beam-deploy:cutover:error': SwapEvent & Failed
  'beam-deploy:drain:start': DrainEvent
  'beam-deploy:drain:end': DrainEvent & Timed
  'beam-deploy:stop:start': StopEvent
  'beam-deploy:stop:end': StopEvent & Timed
  'beam-deploy:peer:start': PeerEvent
  'beam-deploy:peer:ready': PeerEvent & Timed
  'beam-deploy:peer:exit': PeerExitEvent
  'beam-deploy:peer:restart': PeerRestartEvent
}

export type EventName = keyof BeamDeployEvents

/** When each is published. */
export const EVENTS = {
  'beam-deploy:upgrade:start': 'An upgrade or a rollback begins.',
  'beam-deploy:upgrade:end': 'The new release serves. The old one has not begun to drain.',
  'beam-deploy:upgrade:error': 'It failed; the old release serves on.',
  'beam-deploy:unpack:start': 'An archive is about to be unpacked. A rollback unpacks nothing.',
  'beam-deploy:unpack:end': 'The new release is in its folder.',
  'beam-deploy:unpack:error': 'It could not be unpacked, or is no release for this application and host.',
  'beam-deploy:boot:start': 'The peers of a new generation are told their release.',
  'beam-deploy:boot:end': 'All of them hold every endpoint.',
  'beam-deploy:boot:error': 'One of them failed, and all of them are gone.',
  'beam-deploy:cutover:start': 'The new release is about to be made the current one, and to accept.',
  'beam-deploy:cutover:end': 'It accepts in every peer.',
  'beam-deploy:cutover:error': 'It could not; the old release is the current one again.',
  'beam-deploy:drain:start': 'A generation is about to stop accepting.',
  'beam-deploy:drain:end': 'All of its peers have ended.',
  'beam-deploy:stop:start': 'The parent begins to end everything.',
  'beam-deploy:stop:end': 'Every peer has ended, and the endpoints are closed.',
  'beam-deploy:peer:start': 'A peer is told its release.',
  'beam-deploy:peer:ready': 'It holds every endpoint.',
  'beam-deploy:peer:exit': 'Its process is gone, however it ended.',
  'beam-deploy:peer:restart': 'One that served has ended by itself, and is about to be replaced.',
} as const satisfies Record<EventName, string>

/** What every message has. */
interface Told {
  app: string
  /** When it was published: ISO 8601. The same in every process that hears of it. */
  at: string
}

/** A swap, or the start of the parent, as far as it is known by then. */
export interface SwapFacts {
  action: 'start' | 'upgrade' | 'rollback'
  /** What an upgrade was asked to unpack. */
  source: string | null
  release: ReleaseSummary | null
  /** What serves until then; `null` at a start. */
  previous: ReleaseSummary | null
  /** Of the new release. */
  generation: number | null
}

interface SwapEvent extends Told, SwapFacts {}

interface SwapEndEvent extends Told, Timed, SwapFacts {
  release: ReleaseSummary
  previous: ReleaseSummary
  generation: number
  /** Milliseconds of each step. */
  phases: Partial<Record<Phase, number>>
}

interface Timed {
  /** Milliseconds, whole, since the start of the same. */
  durationMs: number
}

interface Failed extends Timed {
  code: BeamDeployErrorCode
  /** The first line of it. */
  message: string
}

interface DrainEvent extends Told {
  release: ReleaseSummary
  generation: number
  /** Process ids of its peers, as they were when it began. */
  pids: number[]
}

interface StopEvent extends Told {
  /** Asked for, or peers that crashed too often. */
  reason: 'stopped' | 'exhausted'
}

interface PeerEvent extends Told {
  release: ReleaseSummary
  generation: number
  slot: number
  /** `null` where the host could not start a process. */
  pid: number | null
}

interface PeerExitEvent extends PeerEvent {
  /** What it was doing. Only one that is `draining` was to end. */
  state: Exclude<PeerStatus['state'], 'restarting'>
  exitCode: number | null
  signal: string | null
}

interface PeerRestartEvent extends Told {
  release: ReleaseSummary
  generation: number
  slot: number
  /** The how manieth of this slot in a minute. */
  attempt: number
  /** Milliseconds until it is done. */
  delayMs: number
}
