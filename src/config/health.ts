import type { HealthRequest, WarmUpRequest } from '../rpc/health-contracts.ts'
import type { Duration } from './config.ts'

/** A path that must be answered with 200 to 299; several requests, of which each must be answered as it says; or everything there is to say. */
export type HealthCheckOption = string | (string | HealthRequest)[] | HealthCheckOptions

/** How it is found out whether a new release is well. It gets no connection of anybody's before it has passed. */
export interface HealthCheckOptions {
  /** The same as one request in `requests`. */
  path?: string
  /** Sent in this order; the first that is not answered as it says ends the try. A text stands for its path. */
  requests?: (string | HealthRequest)[]
  /** A file of the application, whose export `healthCheck` (or default) is called in the peer: it fails when it throws, rejects or returns `false`. */
  module?: string
  /** How often everything is tried before the release is given up. Default 5. */
  tries?: number
  /** Time between two tries. Default 1 000 ms. The first begins at once. */
  interval?: Duration
  /** What each answer, and each function, may take. Default 5 000 ms. */
  timeout?: Duration
  /**
   * Sent after everything has passed, so that the first user does not meet code that has never run: each 20 times, in at most `timeout` together. What is
   * answered does not matter; where it is an error, a warning says so.
   */
  warmUp?: (string | WarmUpRequest)[]
}
