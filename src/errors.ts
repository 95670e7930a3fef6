import type { HotReason } from './rpc/hot-contracts.ts'

/**
 * Every way a call of ours can be refused, with what it means and what to do. The file `docs/errors.md` shows the same table; a test holds the two together.
 */
export const ERROR_CODES = {
  release_not_found: {
    meaning: 'The archive or folder that was named does not exist or cannot be read.',
    remedy: 'Check the path; `beam-deploy release` prints where it wrote the archive.',
  },
  invalid_release: {
    meaning:
      'The archive was read, but it is not a release that may run: hostile or damaged content, or no entry.',
    remedy: 'Build it again with `beam-deploy release` or `npm pack` and transfer it whole.',
  },
  untrusted_release: {
    meaning: 'Whoever signed the release, if anybody did, is not trusted here, or it was changed since.',
    remedy: 'Sign it with a key that `start --verify` names, and transfer it whole.',
  },
  extract_failed: {
    meaning: 'The archive could not be written to the state folder.',
    remedy: 'Check free space and permissions of the state folder.',
  },
  incompatible_runtime: {
    meaning:
      'The release was built for another platform, C library, or Node.js ABI than this host has, or asks for another Node.js in `engines`.',
    remedy: 'Build the release on a host like this one, with the Node.js version that runs here.',
  },
  peer_start_failed: {
    meaning: 'The application in a new peer ended, or did not listen on every declared endpoint in time.',
    remedy: 'Read the output of the peer that the message shows; the former release serves on.',
  },
  health_check_failed: {
    meaning: 'The new release started but did not pass its health check.',
    remedy: 'Read what was answered; the former release serves on.',
  },
  rolled_back: {
    meaning:
      'The new release served, but did not stand its time (`bake`): the former one has taken over again.',
    remedy: 'The message says what it did; correct that, and upgrade again. The former release serves on.',
  },
  upgrade_in_progress: {
    meaning: 'Another upgrade, rollback or stop is under way.',
    remedy: 'Wait for it to end (`beam-deploy status`), then try again.',
  },
  not_running: {
    meaning: 'No parent is running for this application.',
    remedy: 'Start it with `beam-deploy start`, or name the right one with --app and --state-dir.',
  },
  already_running: {
    meaning: 'A parent for the same application and state folder is running.',
    remedy: 'Use `beam-deploy upgrade` to change its release, or `beam-deploy stop` to end it.',
  },
  invalid_option: {
    meaning: 'An option is missing, unknown, or has a value that cannot be used.',
    remedy: 'Correct the option that the message names.',
  },
  endpoint_unavailable: {
    meaning: 'The parent could not bind an endpoint.',
    remedy: 'Free the port or path that the message names, or declare another.',
  },
  no_previous_release: {
    meaning: 'There is no former release to go back to.',
    remedy: 'Upgrade to an archive of the release that is wanted.',
  },
  build_failed: {
    meaning: 'A release archive could not be built.',
    remedy: 'Correct what the message shows; nothing was written.',
  },
  incompatible_protocol: {
    meaning: 'The command and the running parent are of versions that do not understand each other.',
    remedy: 'Use the `beam-deploy` version that the parent was started with.',
  },
  peer_gone: {
    meaning: 'The process at the other end of a call ended before it answered.',
    remedy: 'Look at its output; `beam-deploy status` shows what runs now.',
  },
  not_cloneable: {
    meaning: 'A value that was to go to another process has something in it that cannot be cloned.',
    remedy:
      'Give data alone: what `structuredClone` takes, without what only Node.js knows, such as a `Blob`.',
  },
  not_exposed: {
    meaning: 'The peer or the parent child that was called has no function of that name.',
    remedy:
      'Offer it there with `expose()`, or return it from the `start` of the parent child; check the name.',
  },
  call_failed: {
    meaning: 'The function that was called in another process threw.',
    remedy: 'Look at `cause`: it is what was thrown there.',
  },
  parent_child_failed: {
    meaning: 'A parent child could not be started.',
    remedy: 'Read what its start threw; nothing has been started.',
  },
  lease_taken: {
    meaning: 'The lease was asked for in this process before, and that is not over.',
    remedy: 'Ask once for each name; release it first, or give other work another name.',
  },
  lease_unavailable: {
    meaning: 'Leases are held by peers, and this process is none.',
    remedy:
      'Call `lease()` in the application itself: inside of the `start` of `start()`, and in the main thread of a peer.',
  },
  process_already_defined: {
    meaning: 'Another stateful process is defined under the same name.',
    remedy: 'Give each definition a name of its own; import its module always by the same path.',
  },
  process_already_started: {
    meaning: 'The stateful process that was to be started runs already.',
    remedy: 'Use it as it is, or stop it first; others of the same definition are `instance(id)`.',
  },
  process_not_running: {
    meaning: 'The stateful process that was called is not started, is stopping, or has ended.',
    remedy: 'Start it before it is called; where it has failed, look at `cause`.',
  },
  process_calls_itself: {
    meaning: 'A handler of a stateful process would have waited for its own process.',
    remedy: 'Change the state in the handler itself, or do it when the handler has ended.',
  },
  call_timeout: {
    meaning: 'A call of a stateful process was not answered within its time.',
    remedy: 'The message says what it waited for; give it more time with `callTimeout` or `within()`.',
  },
  unknown_message: {
    meaning: 'The stateful process has no call or cast of that name.',
    remedy: 'Check the name; the message says which version of the definition it runs, and what that has.',
  },
  socket_not_adopted: {
    meaning: 'The peer that takes the place of this one did not take the connection that was to move there.',
    remedy:
      'The message says why. Register the kind with `onSocket()` when the new release starts; where it stays, close it.',
  },
  socket_not_movable: {
    meaning: 'The socket cannot be sent to another process.',
    remedy: 'The message says why: TLS, a socket that is closing, one with an encoding. Close it instead.',
  },
  hot_unavailable: {
    meaning: 'There is no process with hot loading here, in which code could be replaced.',
    remedy:
      'Start with `node --import beam-deploy/hot app.js`, or with `beam-deploy start` without --no-hot; `beam-deploy upgrade` does without.',
  },
  incompatible_change: {
    meaning:
      'The change cannot be made in the running processes without losing state or leaving old code behind.',
    remedy: 'Follow the remedy at each place that the message names, or use `beam-deploy upgrade`.',
  },
  hot_upgrade_failed: {
    meaning: 'The hot upgrade failed while the code was replaced, and was undone in every process.',
    remedy: 'Correct what the message shows; the former release serves on with its state.',
  },
  internal: {
    meaning: 'A failure that is not one of the above: a defect of ours or of the host.',
    remedy: 'Read the cause; please report it.',
  },
} as const satisfies Record<string, { meaning: string; remedy: string }>

/** One of {@link ERROR_CODES}. */
export type BeamDeployErrorCode = keyof typeof ERROR_CODES

/** The step of a swap, as `status`, progress display and errors name it. */
export type Phase =
  | 'configure'
  | 'build'
  | 'validate'
  | 'unpack'
  | 'boot'
  | 'health'
  | 'cutover'
  | 'bake'
  | 'back'
  | 'plan'
  | 'commit'
  | 'drain'
  | 'stop'
  | 'control'

/** What a {@link BeamDeployError} is told beside code and message. */
export interface BeamDeployErrorOptions {
  /** The step that failed. */
  phase: Phase
  /** What failed first, where something did. */
  cause?: unknown
  /** The last lines the failing peer printed, where there is one. */
  output?: string
  /** Why an upgrade cannot be hot. */
  reasons?: HotReason[]
}

/**
 * The one error class of this package. Recognise it by `code`: class identity does not survive
 * the way between processes, nor two installed copies of this package.
 */
export class BeamDeployError extends Error {
  override readonly name = 'BeamDeployError'
  /** What was refused, and why. */
  readonly code: BeamDeployErrorCode
  /** The step that failed. */
  readonly phase: Phase
  /** The last lines that the failing peer printed, where there is one. */
  readonly output: string | undefined
  /** Of `incompatible_change`: every reason. Of `hot_upgrade_failed`: where the new code failed, where that is known. */
  readonly reasons: HotReason[] | undefined

  /** Made by this package alone: an application only gets to see it. */
  constructor(code: BeamDeployErrorCode, message: string, options: BeamDeployErrorOptions) {
    const { phase, cause, output, reasons } = options
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.phase = phase
    this.output = output
    this.reasons = reasons
  }
}

/**
 * Recognises an error of ours, whichever process or copy of the package made it.
 *
 * @param error whatever was caught.
 *
 * @example
 * ```js
 * import { isBeamDeployError, rollback } from 'beam-deploy'
 *
 * await rollback().catch(error => {
 *   if (isBeamDeployError(error) && error.code === 'no_previous_release') return
 *   throw error
 * })
 * ```
 */
export function isBeamDeployError(error: unknown): error is BeamDeployError {
  return (
    error instanceof Error &&
    error.name === 'BeamDeployError' &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code in ERROR_CODES
  )
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
