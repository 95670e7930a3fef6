import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url))

/** How people run the command line of this folder. */
export const COMMAND = 'node dist/cli.cjs'

/** Runs a command to its end; what it tells of its steps goes to our standard error. Resolves to its standard output. */
export async function run(args: string[], signal: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGINT',
  })
  const closed = once(child, 'close')
  const [output] = await Promise.all([text(child.stdout), closed])
  if (child.exitCode !== 0) throw new Error(`\`beam-deploy ${args[0]}\` failed.\n${output}`.trim())
  return output
}

export interface RunningParent {
  url: string
  /** Shows what the parent and its peers print from now on. */
  showOutput(): void
  /** Resolves to the exit code, or `null` when a signal ended it. */
  ended: Promise<number | null>
  /** Drains and ends everything. */
  stop(): Promise<void>
}

/** Starts `archive` on a free port and resolves when it serves; otherwise rejects, nothing then being left. */
export async function start(archive: string, stateDir: string, signal: AbortSignal): Promise<RunningParent> {
  signal.throwIfAborted()
  const args = ['start', archive, '--host', '127.0.0.1', '--port', '0', '--state-dir', stateDir, '--json']
  // Out of the terminal's process group: Ctrl-C reaches it once, through us.
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const output = holdBack(child, '"stateDir"')
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  try {
    await Promise.race([output.marked, failed(ended, output.text), once(signal, 'abort')])
    signal.throwIfAborted()
    const { endpoints } = JSON.parse(await run(['status', '--state-dir', stateDir, '--json'], signal))
    return { url: `http://${endpoints[0]}`, showOutput: output.show, ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function failed(ended: Promise<number | null>, output: () => string): Promise<never> {
  const code = await ended
  throw new Error(`\`beam-deploy start\` ended with ${code ?? 'a signal'}.\n${output()}`)
}

interface HeldOutput {
  text(): string
  /** Resolves when the marker was printed. */
  marked: Promise<void>
  /** Shows what comes from now on. */
  show(): void
}

/** Keeps what a process prints until it is wanted. The application prints too, so the marker may come late. */
function holdBack({ stdout, stderr }: ChildProcess, marker: string): HeldOutput {
  const streams = [stdout, stderr].filter(stream => stream !== null)
  const marked = Promise.withResolvers<void>()
  let held = ''
  const keep = (chunk: Buffer) => {
    held += chunk
    if (held.includes(marker)) marked.resolve()
  }
  for (const stream of streams) stream.on('data', keep)
  return {
    text: () => held,
    marked: marked.promise,
    show: () => {
      for (const stream of streams) stream.off('data', keep).pipe(process.stderr, { end: false })
    },
  }
}
