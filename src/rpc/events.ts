import type { BeamDeployErrorCode, Phase } from '../errors.ts'
import type { PeerStatus, ReleaseSummary } from './contracts.ts'

/**
 * Every event that parent and peers publish: the name of its `node:diagnostics_channel` channel, and what the message is. They are
 * plain JSON. Keys are only ever added. `docs/events.md` has the same table; a test holds the two together.
 */
export interface BeamDeployEvents {
  'beam-deploy:upgrade:start': SwapEvent
  'beam-deploy:upgrade:end': SwapEndEvent
  'beam-deploy:upgrade:error': SwapEvent & EventFailure
  'beam-deploy:unpack:start': SwapEvent
  'beam-deploy:unpack:end': SwapEvent & EventTiming
  'beam-deploy:unpack:error': SwapEvent & EventFailure
  'beam-deploy:boot:start': SwapEvent
  'beam-deploy:boot:end': SwapEvent & EventTiming
  'beam-deploy:boot:error': SwapEvent & EventFailure
  'beam-deploy:health:start': SwapEvent
  'beam-deploy:health:end': SwapEvent & EventTiming
  'beam-deploy:health:error': SwapEvent & EventFailure
  'beam-deploy:cutover:start': SwapEvent
  'beam-deploy:cutover:end': SwapEvent & EventTiming
  'beam-deploy:cutover:error': SwapEvent & EventFailure
  'beam-deploy:bake:start': SwapEvent
  'beam-deploy:bake:end': SwapEvent & EventTiming
  'beam-deploy:bake:error': SwapEvent & EventFailure
  'beam-deploy:back:start': SwapEvent
  'beam-deploy:back:end': SwapEvent & EventTiming
  'beam-deploy:back:error': SwapEvent & EventFailure
  'beam-deploy:plan:start': SwapEvent
  'beam-deploy:plan:end': SwapEvent & EventTiming
  'beam-deploy:plan:error': SwapEvent & EventFailure
  'beam-deploy:commit:start': SwapEvent
  'beam-deploy:commit:end': SwapEvent & EventTiming
  'beam-deploy:commit:error': SwapEvent & EventFailure
  'beam-deploy:drain:start': DrainEvent
  'beam-deploy:drain:end': DrainEvent & EventTiming
  'beam-deploy:stop:start': StopEvent
  'beam-deploy:stop:end': StopEvent & EventTiming
  'beam-deploy:peer:start': PeerEvent
  'beam-deploy:peer:ready': PeerEvent & EventTiming
  'beam-deploy:peer:exit': PeerExitEvent
  'beam-deploy:peer:restart': PeerRestartEvent
  'beam-deploy:lease:granted': LeaseGrantedEvent
  'beam-deploy:lease:released': LeaseReleasedEvent
}

export type EventName = keyof BeamDeployEvents

/** When each is published. */
export const EVENTS = {
  'beam-deploy:upgrade:start': 'An upgrade, a rollback or a hot upgrade begins.',
  'beam-deploy:upgrade:end':
    'The new release serves. The old one, where it has processes of its own, has not begun to drain.',
  'beam-deploy:upgrade:error': 'It failed; the old release serves on.',
  'beam-deploy:unpack:start': 'An archive is about to be unpacked. A rollback unpacks nothing.',
  'beam-deploy:unpack:end': 'The new release is in its folder.',
  'beam-deploy:unpack:error': 'It could not be unpacked, or is no release for this application and host.',
  'beam-deploy:boot:start': 'The peers of a new generation are told their release.',
  'beam-deploy:boot:end': 'All of them hold every endpoint.',
  'beam-deploy:boot:error': 'One of them failed, and all of them are gone.',
  'beam-deploy:health:start':
    'The peers of a new generation are about to be checked and warmed up. Not where neither is wanted.',
  'beam-deploy:health:end': 'All of them have passed.',
  'beam-deploy:health:error': 'One of them has not, and all of them are gone.',
  'beam-deploy:cutover:start': 'The new release is about to be made the current one, and to accept.',
  'beam-deploy:cutover:end': 'It accepts in every peer.',
  'beam-deploy:cutover:error': 'It could not; the old release is the current one again.',
  'beam-deploy:bake:start': 'The new release serves, and is watched; the old generation is parked.',
  'beam-deploy:bake:end': 'It has stood its time.',
  'beam-deploy:bake:error': 'It has not, or a rollback was asked for.',
  'beam-deploy:back:start': 'The old release is about to accept again.',
  'beam-deploy:back:end': 'It accepts in every peer, and is the current one; the new one drains.',
  'beam-deploy:back:error': 'It could not; the new release serves on.',
  'beam-deploy:plan:start':
    'A hot upgrade: every peer is about to compare the new release with what it runs.',
  'beam-deploy:plan:end': 'Every peer is ready to replace its code.',
  'beam-deploy:plan:error': 'One of them cannot; in none has anything changed.',
  'beam-deploy:commit:start': 'Every peer is about to replace its code.',
  'beam-deploy:commit:end': 'All of them have, and the new release is the current one.',
  'beam-deploy:commit:error': 'One of them could not; all run the old code again.',
  'beam-deploy:drain:start': 'A generation is about to stop accepting.',
  'beam-deploy:drain:end': 'All of its peers have ended.',
  'beam-deploy:stop:start': 'The parent begins to end everything.',
  'beam-deploy:stop:end': 'Every peer has ended, and the endpoints are closed.',
  'beam-deploy:peer:start': 'A peer is told its release.',
  'beam-deploy:peer:ready': 'It holds every endpoint.',
  'beam-deploy:peer:exit': 'Its process is gone, however it ended.',
  'beam-deploy:peer:restart': 'One that served has ended by itself, and is about to be replaced.',
  'beam-deploy:lease:granted': 'A peer has a lease, and is about to begin its work.',
  'beam-deploy:lease:released': 'It has the lease no more: its work has settled, or its process is gone.',
} as const satisfies Record<EventName, string>

/** What every message has. */
export interface EventFacts {
  app: string
  /** When it was published: ISO 8601. The same in every process that hears of it. */
  at: string
}

/** A swap, or the start of the parent, as far as it is known by then. */
export interface SwapFacts {
  action: 'start' | 'upgrade' | 'rollback' | 'hot-upgrade' | 'fall-back'
  /** What an upgrade was asked to unpack. */
  source: string | null
  release: ReleaseSummary | null
  /** What serves until then; `null` at a start. */
  previous: ReleaseSummary | null
  /** Of the new release. A hot upgrade goes on with the one that serves. */
  generation: number | null
}

/** A step of a swap, or of the start of the parent. */
export interface SwapEvent extends EventFacts, SwapFacts {}

/** A swap that has succeeded. */
export interface SwapEndEvent extends EventFacts, EventTiming, SwapFacts {
  release: ReleaseSummary
  previous: ReleaseSummary
  generation: number
  /** Milliseconds of each step. */
  phases: Partial<Record<Phase, number>>
}

/** How long it took. */
export interface EventTiming {
  /** Milliseconds, whole, since the start of the same. */
  durationMs: number
}

/** Why it failed. */
export interface EventFailure extends EventTiming {
  code: BeamDeployErrorCode
  /** The first line of it. */
  message: string
}

/** A generation that ends after its cutover, or with the parent. */
export interface DrainEvent extends EventFacts {
  release: ReleaseSummary
  generation: number
  /** Process ids of its peers, as they were when it began. */
  pids: number[]
}

/** The end of the parent. */
export interface StopEvent extends EventFacts {
  /** Asked for, or peers that crashed too often. */
  reason: 'stopped' | 'exhausted'
}

/** The life of one peer. */
export interface PeerEvent extends EventFacts {
  release: ReleaseSummary
  generation: number
  slot: number
  /** `null` where the host could not start a process. */
  pid: number | null
}

/** The end of one peer. */
export interface PeerExitEvent extends PeerEvent {
  /** What it was doing. Only one that is `draining` was to end. */
  state: Exclude<PeerStatus['state'], 'restarting'>
  exitCode: number | null
  signal: string | null
}

/** A peer that is about to be replaced. */
export interface PeerRestartEvent extends EventFacts {
  release: ReleaseSummary
  generation: number
  slot: number
  /** The how manieth of this slot in a minute. */
  attempt: number
  /** Milliseconds until it is done. */
  delayMs: number
}

/** A lease, and the peer that has it. */
export interface LeaseEvent extends EventFacts {
  name: string
  release: ReleaseSummary
  generation: number
  slot: number
  pid: number
}

/** A peer that has a lease from now on. */
export interface LeaseGrantedEvent extends LeaseEvent {
  /** Milliseconds since it asked, or had it last. */
  waitedMs: number
}

/** A peer that had a lease. */
export interface LeaseReleasedEvent extends LeaseEvent {
  /** The work is `done`; it `failed`; the peer was told to let go (`moved`), `released` it by itself, or is `gone`. */
  outcome: 'done' | 'failed' | 'moved' | 'released' | 'gone'
  /** Milliseconds that it had it. */
  durationMs: number
}
