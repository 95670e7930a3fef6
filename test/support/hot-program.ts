import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HotUpgradeOptions } from '../../src/hot-options.ts'
import type { HotReason, HotUpgradeReport, UpgradePlan } from '../../src/rpc/hot-contracts.ts'
import { tempDir } from './pack-app.ts'
import type { Scope } from './scope.ts'

const LOADER = fileURLToPath(new URL('../../dist/hot-loading.js', import.meta.url))
const DRIVER = fileURLToPath(new URL('hot-driver.mjs', import.meta.url))
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MODULES = join(ROOT, 'node_modules')

/** The files of a release by their paths; `null` takes one away that the release before had. */
export type Files = Record<string, string | Uint8Array | null>

/** What a call in the program rejected with. */
export interface ProgramError extends Error {
  code?: string
  phase?: string
  reasons?: HotReason[]
}

/** A program with hot loading and without a parent, `node --import beam-deploy/hot app.js`, that runs what it is sent. */
export interface HotProgram {
  child: ChildProcess
  pid: number
  /** Everything it has printed. */
  output(): string
  /**
   * Runs the body of an async function in it, with `load(path)` and `require(path)` for modules of the application, `beam` for the library, and
   * `given`. What it throws is thrown here.
   */
  run<T = unknown>(code: string, given?: unknown): Promise<T>
  /** Upgrades to the running files with these changes. Rejects as `hotUpgrade()` does. */
  upgrade(changes: Files, options?: HotUpgradeOptions): Promise<HotUpgradeReport>
  plan(changes: Files, options?: HotUpgradeOptions): Promise<UpgradePlan>
  /** What an upgrade is refused with; fails when it is not. */
  refusal(changes: Files, options?: HotUpgradeOptions): Promise<ProgramError>
  end(): Promise<void>
}

export interface HotProgramOptions {
  /** Default `app.js`. */
  entry?: string
  /** `type` of its `package.json`; default `module`. Not used where the files have a `package.json`. */
  type?: 'module' | 'commonjs'
  /** `false` runs it as plain Node.js would. Default true. */
  hot?: boolean
  execArgv?: readonly string[]
  env?: NodeJS.ProcessEnv
  /** Links `node_modules` of this project, for applications that need packages; or these of them, with `beam-deploy` for this one. */
  packages?: boolean | readonly string[]
}

/** Lays the files out as release 1 and starts it; ended after the test. */
export async function startHotProgram(
  t: Scope,
  files: Files,
  { entry = 'app.js', type = 'module', hot = true, packages = false, ...options }: HotProgramOptions = {},
): Promise<HotProgram> {
  const home = tempDir(t)
  let current: Files = files
  let release = 0

  function layOut(next: Files): string {
    release += 1
    const dir = join(home, `release-${release}`)
    const manifest = { name: 'hot-program', version: `${release}.0.0`, type, main: entry }
    const all: Files = { 'package.json': JSON.stringify(manifest), ...next }
    for (const [path, text] of Object.entries(all)) {
      if (text === null) continue
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    }
    linkPackages(packages, join(dir, 'node_modules'))
    return dir
  }

  const dir = layOut(files)
  const execArgv = [...(options.execArgv ?? []), ...(hot ? ['--import', LOADER] : []), '--import', DRIVER]
  const child = spawn(process.execPath, [...execArgv, join(dir, entry)], {
    cwd: dir,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  const ended = once(child, 'close')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  const run = createCalls(child, ended, () => printed)
  const ask = async <T>(what: string, changes: Files, options: HotUpgradeOptions) => {
    const next = { ...current, ...changes }
    const result = await run<T>(`return beam.${what}(given.dir, given.options)`, {
      dir: layOut(next),
      options,
    })
    return { next, result }
  }
  const upgrade: HotProgram['upgrade'] = async (changes, options = {}) => {
    const { next, result } = await ask<HotUpgradeReport>('hotUpgrade', changes, options)
    current = next
    return result
  }
  // The entry has been evaluated when it can be imported.
  await run(`await load('./' + given)`, entry)
  return {
    child,
    pid: child.pid ?? 0,
    output: () => printed,
    run,
    upgrade,
    plan: async (changes, options = {}) => (await ask<UpgradePlan>('planUpgrade', changes, options)).result,
    refusal: (changes, options) =>
      upgrade(changes, options).then(
        () => {
          throw new Error('the upgrade was not refused')
        },
        (error: ProgramError) => {
          if (error.code === undefined) throw error
          return error
        },
      ),
    end: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function linkPackages(packages: boolean | readonly string[], folder: string): void {
  if (packages === true) symlinkSync(MODULES, folder)
  if (typeof packages === 'boolean') return
  mkdirSync(folder)
  for (const name of packages)
    symlinkSync(name === 'beam-deploy' ? ROOT : join(MODULES, name), join(folder, name))
}

interface Answer {
  id: number
  value?: unknown
  error?: Partial<ProgramError>
}

function createCalls(child: ChildProcess, ended: Promise<unknown>, output: () => string): HotProgram['run'] {
  let last = 0
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  child.on('message', ({ id, value, error }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error) call?.reject(Object.assign(new Error(error.message), error))
    else call?.resolve(value)
  })
  void ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`the program ended:\n${output()}`))
  })
  return <T>(code: string, given?: unknown) =>
    new Promise<T>((resolve, reject) => {
      last += 1
      waiting.set(last, { resolve: value => resolve(value as T), reject })
      child.send({ id: last, code, given }, error => {
        if (error) reject(new Error(`the program cannot be reached: ${error.message}\n${output()}`))
      })
    })
}
