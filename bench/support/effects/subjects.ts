import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startApp } from '../../../test/support/beam.ts'
import { layOutApp, packApp, tempDir } from '../../../test/support/pack-app.ts'
import type { Scope } from '../../../test/support/scope.ts'
import { untilListening } from '../plain.ts'
import { gone, killProcess, runNode, startProcess } from '../processes.ts'

const FIXTURE = 'three-protocols-app'
const ENTRY = 'server.js'
const PROCESSES = 2

/** Somebody who runs the application in two processes, and replaces them. */
export interface Subject {
  label: string
  port: number
  http2Port: number
  /** Resolves when the old processes have ended. */
  swap(): Promise<void>
  stop(): Promise<void>
}

const OTHERS = fileURLToPath(new URL('../../others/', import.meta.url))

/** BeamDeploy with `--peers 2`. */
export async function beamDeploy(scope: Scope): Promise<Subject> {
  const archives = await Promise.all(['1.0.0', '2.0.0'].map(version => packApp(scope, FIXTURE, { version })))
  const http2Port = await freePort()
  const app = await startApp(scope, archives[0] ?? '', {
    args: ['--port', String(http2Port), '--peers', String(PROCESSES)],
    env: { HTTP2_PORT: String(http2Port) },
  })
  let swaps = 0
  return {
    label: 'BeamDeploy',
    port: app.port,
    http2Port,
    swap: async () => {
      swaps += 1
      const { draining } = await app.upgrade(archives[swaps % 2] ?? '')
      await gone(draining)
    },
    stop: app.stop,
  }
}

/** `node:cluster` with two workers, restarted one after the other. */
export async function rollingRestart(scope: Scope): Promise<Subject> {
  const { port, http2Port, env, dir } = await layOut(scope)
  const child = spawn(process.execPath, [join(OTHERS, 'rolling-restart.cjs'), join(dir, ENTRY)], {
    cwd: dir,
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  scope.after(() => killProcess(child))
  await once(child, 'message')
  return {
    label: 'node:cluster',
    port,
    http2Port,
    swap: async () => {
      const restarted = once(child, 'message')
      child.send('restart')
      await restarted
    },
    stop: () => killProcess(child),
  }
}

/** PM2 in cluster mode with two processes, `pm2 reload`. Its daemon is a child of ours, knows a folder of its own, and asks nobody anything. */
export async function pm2(scope: Scope): Promise<Subject> {
  await installOthers(scope)
  const { port, http2Port, env, dir } = await layOut(scope)
  const home = tempDir(scope)
  const own = { ...env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true' }
  const program = join(OTHERS, 'node_modules/pm2/bin/pm2')
  const command = (...args: string[]) => runNode(scope, [program, ...args], { env: own, cwd: dir })
  const args = ['start', ENTRY, '--name', 'app', '-i', String(PROCESSES), '--no-pmx', '--no-daemon']
  const daemon = startProcess(scope, process.execPath, [program, ...args], { cwd: dir, env: own })
  const stop = async () => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return
    const pids = [...childrenOf(daemon)]
    const ended = once(daemon, 'exit')
    await command('kill')
    await ended
    await gone(pids)
  }
  scope.after(stop)
  await Promise.all([untilListening(port), untilListening(http2Port)])
  return { label: 'PM2', port, http2Port, swap: async () => void (await command('reload', 'app')), stop }
}

/** The application as a folder, and what it is told. */
async function layOut(scope: Scope) {
  const [port, http2Port] = [await freePort(), await freePort()]
  const dir = layOutApp(scope, FIXTURE, { version: '1.0.0' })
  return { dir, port, http2Port, env: { ...process.env, PORT: String(port), HTTP2_PORT: String(http2Port) } }
}

/** What the benchmark compares with is no dependency of this project: it is installed by whoever wants that row, in a folder of its own. */
async function installOthers(scope: Scope): Promise<void> {
  const wanted = versionIn('package-lock.json', lock => lock.packages?.['node_modules/pm2']?.version)
  if (versionIn('node_modules/pm2/package.json', ({ version }) => version) === wanted) return
  const child = startProcess(scope, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: OTHERS,
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`npm ci in ${OTHERS} ended with ${code}`)
}

interface Versions {
  version?: string
  packages?: Record<string, { version: string }>
}

function versionIn(file: string, of: (content: Versions) => string | undefined): string | undefined {
  const path = join(OTHERS, file)
  return existsSync(path) ? of(JSON.parse(readFileSync(path, 'utf8'))) : undefined
}

function childrenOf({ pid }: ChildProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}
