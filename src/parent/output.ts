import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** The last of what a peer printed, for the error that says why it did not start. */
export interface OutputTail {
  text(): string
}

const TAIL_BYTES = 8_192
const TAIL_LINES = 40

/** A peer's output goes where ours goes, as it comes. */
export function passOutputThrough({ stdout, stderr }: ChildProcess): OutputTail {
  let chunks: Buffer[] = []
  let size = 0
  const keep = (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size > 2 * TAIL_BYTES) {
      chunks = [Buffer.concat(chunks).subarray(-TAIL_BYTES)]
      size = TAIL_BYTES
    }
  }
  forward(stdout, process.stdout, keep)
  forward(stderr, process.stderr, keep)
  return {
    text: () =>
      Buffer.concat(chunks)
        .subarray(-TAIL_BYTES)
        .toString()
        .trimEnd()
        .split('\n')
        .slice(-TAIL_LINES)
        .join('\n'),
  }
}

function forward(from: Readable | null, to: NodeJS.WriteStream, keep: (chunk: Buffer) => void): void {
  from?.on('data', (chunk: Buffer) => {
    keep(chunk)
    // Where nobody reads any more, output is dropped: a peer must not wait for ever to say something.
    if (to.destroyed || to.write(chunk)) return
    // As slow as the reader of our own output, as if the peer wrote there itself.
    from.pause()
    const resume = () => {
      to.off('drain', resume).off('close', resume)
      from.resume()
    }
    to.on('drain', resume).on('close', resume)
  })
}
