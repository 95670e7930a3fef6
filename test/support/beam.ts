import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Status, UpgradeReport } from '../../src/rpc/contracts.ts'
import { tempDir } from './pack-app.ts'
import type { Scope } from './scope.ts'

/** The command line as users get it. */
export const CLI = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url))

export interface CommandResult {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs `beam-deploy` and resolves when it has ended, whatever its exit code. */
export function beam(
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const stdout = collect(child, 'stdout')
    const stderr = collect(child, 'stderr')
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout: stdout(), stderr: stderr() }))
  })
}

/** The same with `--json`; rejects when the command fails. */
export async function beamJson<T>(args: readonly string[]): Promise<T> {
  const result = await beam([...args, '--json'])
  if (result.code !== 0)
    throw new Error(`beam-deploy ${args.join(' ')} failed: ${result.stdout}${result.stderr}`)
  return JSON.parse(result.stdout) as T
}

export interface RunningApp {
  port: number
  url: string
  pid: number
  stateRoot: string
  /** The application's own folder in it. */
  stateDir: string
  /** Everything the parent and its peers printed so far. */
  output(): string
  upgrade(archive: string): Promise<UpgradeReport>
  rollback(): Promise<UpgradeReport>
  status(): Promise<Status>
  /** Any command for this application. */
  command(...args: string[]): Promise<CommandResult>
  stop(): Promise<void>
  /** Resolves when the parent process has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export interface StartOptions {
  args?: readonly string[]
  env?: NodeJS.ProcessEnv
  stateRoot?: string
  port?: number
  /** Leaves the endpoint to the configuration: no `--port`. */
  configured?: boolean
  /** Options for Node.js itself, before the program. */
  execArgv?: readonly string[]
}

/**
 * `beam-deploy start`, on a free port with a state folder of its own; ended after the test, whatever happens. Without an
 * archive it starts what ran before.
 */
export async function startApp(
  t: Scope,
  archive: string | null,
  options: StartOptions = {},
): Promise<RunningApp> {
  const stateRoot = options.stateRoot ?? tempDir(t)
  const port = options.port ?? (await freePort())
  const args = [
    'start',
    ...(archive === null ? [] : [archive]),
    ...(options.configured ? [] : ['--port', String(port)]),
    '--state-dir',
    stateRoot,
    '--json',
    ...(options.args ?? []),
  ]
  const child = spawn(process.execPath, [...(options.execArgv ?? []), CLI, ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(resolve => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  t.after(() => endParent(child, ended))
  const stdout = collect(child, 'stdout')
  const stderr = collect(child, 'stderr')
  const output = () => stderr() + stdout()
  const started = await firstJson(child, stdout, ended, output)
  const command = (...rest: string[]) => beam([...rest, '--app', started.app, '--state-dir', stateRoot])
  const json = <T>(...rest: string[]) =>
    beamJson<T>([...rest, '--app', started.app, '--state-dir', stateRoot])
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    pid: started.pid,
    stateRoot,
    stateDir: started.stateDir,
    output,
    upgrade: path => json<UpgradeReport>('upgrade', path),
    rollback: () => json<UpgradeReport>('rollback'),
    status: () => json<Status>('status'),
    command,
    stop: async () => {
      const { code, stderr } = await command('stop')
      if (code !== 0) throw new Error(`stop failed: ${stderr}`)
      await ended
    },
    ended,
  }
}

/** A port nobody has now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

async function endParent(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  // The second signal ends the peers at once.
  const impatient = setTimeout(() => child.kill('SIGTERM'), 2_000)
  const desperate = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(impatient)
  clearTimeout(desperate)
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr'): () => string {
  let text = ''
  child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

/** The application prints to the same stream: the JSON value is the first line that opens with a brace, to its end. */
function firstJson(
  child: ChildProcess,
  stdout: () => string,
  ended: Promise<{ code: number | null }>,
  output: () => string,
): Promise<{ app: string; pid: number; stateDir: string }> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const match = /^\{\n[\s\S]*?^\}\n/m.exec(stdout())
      if (match) resolve(JSON.parse(match[0]))
    })
    void ended.then(({ code }) => reject(new Error(`beam-deploy start ended with ${code}:\n${output()}`)))
  })
}
