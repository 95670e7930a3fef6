/** How much a release may unpack to. */
export interface Limits {
  /** Bytes of all that is unpacked, default 2 GiB. Of an archive the headers and padding count too. */
  maxBytes: number
  /** Files, links and folders, default 200 000. Folders that only occur inside paths count too. */
  maxEntries: number
}

export const DEFAULT_LIMITS: Limits = { maxBytes: 2 * 1024 ** 3, maxEntries: 200_000 }

export const tooManyBytes = ({ maxBytes }: Limits) => `it unpacks to more than the limit of ${maxBytes} bytes`
export const tooManyEntries = ({ maxEntries }: Limits) =>
  `it has more than the limit of ${maxEntries} files and folders`
