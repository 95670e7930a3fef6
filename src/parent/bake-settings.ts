/** How long a release has to stand, and what it may not do. */
export interface BakeSettings {
  /** Milliseconds; 0: not at all. */
  ms: number
  /** The share of its answers that may have a status of 500 or more, from 0 to 1. */
  errorLimit: number
}
