import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GENERATED_ENTRY, type GeneratedApp, generateApp } from '../../test/support/generated-app.ts'
import { tempDir } from '../../test/support/pack-app.ts'
import type { Scope } from '../../test/support/scope.ts'
import { killProcess, startProcess } from './processes.ts'

/** What `node --import beam-deploy/hot` loads. */
export const HOT_LOADING = fileURLToPath(new URL('../../dist/hot-loading.js', import.meta.url))

/** Writes a generated application; returns its folder. */
export function layOutGenerated(scope: Scope, app: GeneratedApp): string {
  const dir = tempDir(scope)
  const manifest = { name: 'generated', version: app.version, type: 'module', main: GENERATED_ENTRY }
  const files = { 'package.json': JSON.stringify(manifest), ...generateApp(app) }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text ?? '')
  }
  mkdirSync(join(dir, 'node_modules'))
  return dir
}

/** How a process is started beside the application itself. */
export interface BootOptions {
  execArgv: readonly string[]
  /** Where Node.js keeps what it compiles. Default: nowhere. */
  compileCache?: string
}

const envOf = ({ compileCache }: BootOptions): NodeJS.ProcessEnv => ({
  ...process.env,
  PORT: '0',
  ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }),
})

/** Milliseconds from the start of `node server.js` until it listens. */
export async function timeBoot(scope: Scope, dir: string, options: BootOptions): Promise<number> {
  const from = performance.now()
  const child = startProcess(scope, process.execPath, [...options.execArgv, GENERATED_ENTRY], {
    cwd: dir,
    env: envOf(options),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  const took = performance.now() - from
  await killProcess(child)
  return took
}

/** Starts it once and has it end by itself, when what is kept from one start to the next has been written. */
export async function firstBoot(scope: Scope, dir: string, options: BootOptions): Promise<void> {
  const ending = 'data:text/javascript,process.send=()=>setTimeout(process.exit,12_000)'
  const execArgv = [...options.execArgv, '--import', ending]
  const child = startProcess(scope, process.execPath, [...execArgv, GENERATED_ENTRY], {
    cwd: dir,
    env: envOf(options),
  })
  await once(child, 'exit')
}
