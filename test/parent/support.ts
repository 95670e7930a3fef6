import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { EncodedError } from '../../src/rpc/errors.ts'
import { CLI, type CommandResult, type RunningApp } from '../support/beam.ts'
import { applyLoad, type ClientKind, type Load, newConnections, type Tally } from '../support/load.ts'
import { type PackOptions, packApp, tempDir } from '../support/pack-app.ts'

const FIXTURE = 'tells-about-itself'

/** Packs the application that most tests run. */
export const pack = (t: TestContext, version: string, options: Omit<PackOptions, 'version'> = {}) =>
  packApp(t, FIXTURE, { version, ...options })

/** What a release does at boot, as the content of its `before-listen.js`. */
export const boots = (code: string) => ({ files: { 'before-listen.js': code } })

/** Code that waits at boot until the file that the environment variable names is there. */
export const waitsFor = (variable: string) =>
  boots(`
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
while (!existsSync(process.env.${variable})) await setTimeout(10)
`)

export interface About {
  version: string
  pid: number
  cwd: string
  env: Record<string, string>
  execArgv: string[]
  /** The version of Node.js. */
  node: string
}

/** What the peer that answers says of itself, on a new connection. */
export async function about(port: number): Promise<About> {
  return JSON.parse(await get(port, '/about')) as About
}

export function get(port: number, path: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, path, host, agent: false }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('error', reject)
      response.on('end', () => (response.complete ? resolve(body) : reject(new Error('truncated'))))
    })
    request.on('error', reject)
  })
}

/** A request that is in flight from now until `answer` is called. */
export async function holdRequest(t: TestContext, app: RunningApp, count = 1): Promise<HeldRequest> {
  const file = join(tempDir(t), 'answer')
  const bodies = Promise.all(
    Array.from({ length: count }, () => get(app.port, `/once?exists=${encodeURIComponent(file)}`)),
  )
  bodies.catch(() => undefined)
  await until(async () => {
    const { peers } = await app.status()
    return peers.some(
      ({ state, ...peer }) =>
        state === 'serving' &&
        'load' in peer &&
        Number(peer.load?.inFlight) >= count &&
        peer.load?.oldest?.path.startsWith('/once'),
    )
  })
  return {
    answer: () => {
      writeFileSync(file, '')
      return bodies
    },
    bodies,
  }
}

export interface HeldRequest {
  /** Lets the application answer; resolves to what it did. */
  answer(): Promise<string[]>
  bodies: Promise<string[]>
}

/** What a failed command said with `--json`. Exit code 2 means that it was not used right. */
export function errorOf({ code, stdout, stderr }: CommandResult, expectedCode = 1): EncodedError {
  assert.equal(code, expectedCode, `exit code ${code}: ${stdout}${stderr}`)
  const { error } = JSON.parse(stdout) as { error?: EncodedError }
  assert.ok(error, stdout)
  return error
}

export async function failingUpgrade(
  app: RunningApp,
  archive: string,
  expectedCode?: number,
): Promise<EncodedError> {
  return errorOf(await app.command('upgrade', archive, '--json'), expectedCode)
}

/**
 * Every path in a state folder with what it is, but for the notes of who runs, and the saved state but for its history: what a failure
 * must not change.
 */
export function snapshot(dir: string): unknown {
  const entries: string[] = []
  const visit = (path: string) => {
    for (const name of readdirSync(join(dir, path)).sort()) {
      const below = join(path, name)
      // Peers write what they have compiled whenever they like.
      if (below === 'peers' || name === 'compile-cache') continue
      const stats = lstatSync(join(dir, below))
      if (stats.isSymbolicLink()) entries.push(`${below} -> ${readlinkSync(join(dir, below))}`)
      else entries.push(below)
      if (stats.isDirectory()) visit(below)
    }
  }
  visit('')
  const file = join(dir, 'state.json')
  const { history: _, ...state } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return { entries, state }
}

/** A few clients that make request after request, until the test ends at the latest. */
export function lightLoad(
  t: TestContext,
  port: number,
  kind: ClientKind = newConnections,
  clients = 4,
): Load {
  const load = applyLoad(port, kind, clients)
  t.after(() => load.stop())
  return load
}

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>

/** Resolves to the first truthy value of `probe`. That a test ends at all is the only reason to give up. */
export async function until<T>(probe: () => T | Promise<T>): Promise<Truthy<T>> {
  for (const giveUpAt = Date.now() + 60_000; Date.now() < giveUpAt; await delay(10)) {
    const value = await probe()
    if (value) return value as Truthy<T>
  }
  throw new Error(`this did not come true: ${probe}`)
}

/** Whether a process runs; one that has ended and was not yet asked for by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return !existsSync('/proc/self')
  }
}

export const untilGone = (pid: number) => until(() => !isAlive(pid))

export interface Launched {
  pid: number
  output(): string
  stdout(): string
  stderr(): string
  /** Reads its output no more. */
  hangUp(): void
  signal(name: NodeJS.Signals): void
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Starts a command and does not wait for it; it is killed after the test. */
export function launch(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}): Launched {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  return {
    pid: child.pid ?? -1,
    output: () => text.stderr + text.stdout,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    hangUp: () => {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    signal: name => void child.kill(name),
    ended: new Promise(resolve => child.once('close', (code, signal) => resolve({ code, signal }))),
  }
}

/** A command that may not end by itself if something is wrong. */
export async function run(
  t: TestContext,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<CommandResult> {
  const command = launch(t, args, env)
  const end = await command.ended
  return { ...end, stdout: command.stdout(), stderr: command.stderr() }
}

/** The lines of a file that a fixture writes; none while it is not there. */
export const notesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []

/** Every request that was begun got its whole answer. */
export function assertNoLoss({ requests, answers, failures }: Tally): void {
  assert.deepEqual(failures, [])
  assert.equal(
    [...answers.values()].reduce((sum, count) => sum + count, 0),
    requests,
  )
}
