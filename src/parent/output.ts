import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { linesOf } from './lines.ts'

/** The last of what a peer printed, for the error that says why it did not start. */
export interface OutputTail {
  text(): string
}

const TAIL_BYTES = 8_192
const STDOUT_LINES = 10
const STDERR_LINES = 30

export interface Writer {
  /** The peer. */
  id: string
  /** Whether each of its lines begins with its name. */
  prefix: boolean
}

/** A peer's output goes where ours goes, as it comes: half a line, or half a character, is not held back. */
export function passOutputThrough({ stdout, stderr }: ChildProcess, { id, prefix }: Writer): OutputTail {
  // Kept apart: both may come long after they were printed, and the one must not push out the other.
  const printed = createTail(STDOUT_LINES)
  const failed = createTail(STDERR_LINES)
  const mode = prefix ? 'prefix' : 'pass'
  const marked = (stream: NodeJS.WriteStream) => (chunk: Buffer) => linesOf(stream)[mode](id, chunk)
  forward(stdout, process.stdout, marked(process.stdout), printed.keep)
  forward(stderr, process.stderr, marked(process.stderr), failed.keep)
  return { text: () => [printed.text(), failed.text()].filter(Boolean).join('\n') }
}

function createTail(lines: number): OutputTail & { keep(chunk: Buffer): void } {
  let chunks: Buffer[] = []
  let size = 0
  return {
    keep: chunk => {
      chunks.push(chunk)
      size += chunk.length
      if (size > 2 * TAIL_BYTES) {
        chunks = [Buffer.concat(chunks).subarray(-TAIL_BYTES)]
        size = TAIL_BYTES
      }
    },
    text: () =>
      Buffer.concat(chunks).subarray(-TAIL_BYTES).toString().trimEnd().split('\n').slice(-lines).join('\n'),
  }
}

function forward(
  from: Readable | null,
  to: NodeJS.WriteStream,
  mark: (chunk: Buffer) => Buffer,
  keep: (chunk: Buffer) => void,
): void {
  from?.on('data', (chunk: Buffer) => {
    keep(chunk)
    // Where nobody reads any more, output is dropped: a peer must not wait for ever to say something.
    if (to.destroyed || to.write(mark(chunk))) return
    // As slow as the reader of our own output, as if the peer wrote there itself.
    from.pause()
    const resume = () => {
      to.off('drain', resume).off('close', resume)
      from.resume()
    }
    to.on('drain', resume).on('close', resume)
  })
}
