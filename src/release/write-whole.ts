import { writeSync } from 'node:fs'

/** Writes all of a chunk: one call may write less (a disk that fills up, a signal). */
export function writeWhole(fd: number, chunk: Buffer): void {
  for (let written = 0; written < chunk.length; ) written += writeSync(fd, chunk, written)
}
