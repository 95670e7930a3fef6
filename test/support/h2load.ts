import { spawn, spawnSync } from 'node:child_process'
import type { Scope } from './scope.ts'

/** Why its tests are skipped, or false where they are not. */
export const h2loadMissing: string | false =
  spawnSync('h2load', ['--version']).status === 0 ? false : 'h2load is not installed (Debian: nghttp2-client)'

/** What h2load counts, of all its requests. */
export interface H2loadCounts {
  total: number
  /** Those that it submitted. */
  started: number
  done: number
  succeeded: number
  /** Also those that it could not submit, since its session had been ended before. */
  failed: number
  /** By status code. */
  ok: number
}

/** Runs `h2load` to its end. */
export async function h2load(t: Scope, args: readonly string[]): Promise<H2loadCounts> {
  const child = spawn('h2load', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await new Promise(resolve => child.once('close', resolve))
  const count = (pattern: RegExp): number => {
    const found = pattern.exec(output)?.[1]
    if (found === undefined) throw new Error(`h2load said: ${output}`)
    return Number(found)
  }
  return {
    total: count(/requests: (\d+) total/),
    started: count(/(\d+) started/),
    done: count(/(\d+) done/),
    succeeded: count(/(\d+) succeeded/),
    failed: count(/(\d+) failed/),
    ok: count(/(\d+) 2xx/),
  }
}
