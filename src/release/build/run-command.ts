import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { buildFailed, throwIfAborted } from './failure.ts'

export interface Command {
  command: string
  args: string[]
  cwd: string
  /** What it does, as the message of a failure names it. */
  purpose: string
  /** Shown on stderr as it comes; kept for a failure's `output` in any case. */
  echo: boolean
  signal: AbortSignal | undefined
}

const KEPT_BYTES = 32 * 1024
const SHOWN_LINES = 40
/** npm adds a hundred lines of help to what it says of a lockfile that does not fit. */
const NPM_USAGE = /\nnpm (?:error|ERR!) Usage:[\s\S]*$/
/** A daemon that a script left behind may hold its output open for ever: so long the rest of it is awaited. */
const REST_OF_OUTPUT_MS = 1000
/** From asking a command to end until it is killed. */
const KILL_AFTER_MS = 5000

/** Runs a command to its end; `build_failed` with the tail of its output when it cannot be run or fails. */
export async function runCommand({ command, args, cwd, purpose, echo, signal }: Command): Promise<void> {
  throwIfAborted(signal)
  // A process group of its own: npm does not end what its scripts started, so they are ended with it.
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const tail = keepTail([child.stdout, child.stderr], echo)
  using _killing = signal && endOnAbort(child, signal)
  try {
    const closed = once(child, 'close')
    closed.catch(() => undefined)
    const [code, killedBy] = await once(child, 'exit')
    const patience = signal?.aborted ? KILL_AFTER_MS + REST_OF_OUTPUT_MS : REST_OF_OUTPUT_MS
    await Promise.race([closed, delay(patience, undefined, { ref: false })])
    throwIfAborted(signal)
    if (code === 0) return
    const result = killedBy === null ? `ended with exit code ${code}` : `was killed by ${killedBy}`
    const seen = echo || tail() === '' ? '' : ` Its output ended with:\n${tail()}`
    const message = `${purpose} failed: \`${[command, ...args].join(' ')}\` in ${cwd} ${result}.${seen}`
    throw buildFailed(message, { output: tail() })
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw buildFailed(
      `${purpose} needs \`${command}\`, which is not on the PATH. Install it, or correct PATH.`,
      { cause },
    )
  } finally {
    child.stdout.destroy()
    child.stderr.destroy()
  }
}

/** Collects the last bytes of all streams in the order in which they come; the result reads what is there. */
function keepTail(streams: Readable[], echo: boolean): () => string {
  let tail = Buffer.alloc(0)
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      tail = Buffer.concat([tail, chunk]).subarray(-KEPT_BYTES)
      if (echo) process.stderr.write(chunk)
    })
  }
  return () => tail.toString().replace(NPM_USAGE, '').trim().split('\n').slice(-SHOWN_LINES).join('\n')
}

/** Asks the command's whole process group to end, and kills it when it does not. */
function endOnAbort({ pid }: ChildProcess, signal: AbortSignal): Disposable {
  const kill = (by: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(-pid, by)
    } catch {
      // All of it has ended already.
    }
  }
  let later: NodeJS.Timeout | undefined
  const end = () => {
    kill('SIGTERM')
    later = setTimeout(kill, KILL_AFTER_MS, 'SIGKILL')
  }
  signal.addEventListener('abort', end, { once: true })
  return {
    [Symbol.dispose]() {
      clearTimeout(later)
      signal.removeEventListener('abort', end)
    },
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}
