import { open } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'
import { buildFailed } from './failure.ts'

const PART_BYTES = 256 * 1024

/** The first `size` bytes of a file, part by part; `build_failed` when it cannot be read or is shorter. */
export async function* readParts(file: string, size: number): AsyncGenerator<Buffer> {
  await using handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, messageOf(cause), cause)
  })
  for (let left = size; left > 0; ) {
    // A new buffer each time: the compressor may still hold the last one.
    const part = Buffer.allocUnsafe(Math.min(left, PART_BYTES))
    const { bytesRead } = await handle.read(part).catch((cause: unknown) => {
      throw unreadable(file, messageOf(cause), cause)
    })
    if (bytesRead === 0) throw changed(file)
    left -= bytesRead
    yield part.subarray(0, bytesRead)
  }
}

export function unreadable(file: string, reason: string, cause: unknown): Error {
  return buildFailed(`${file} cannot be read (${reason}). Correct it, or leave it out with .npmignore.`, {
    cause,
  })
}

export function changed(file: string): Error {
  return buildFailed(
    `${file} was changed while the release was built. Build it again when nothing writes there.`,
  )
}
