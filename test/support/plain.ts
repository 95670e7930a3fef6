import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { until } from '../parent/support.ts'
import { layOutApp, type PackOptions } from './pack-app.ts'
import { type WatchedProcess, watchProcess } from './watch-process.ts'

export interface PlainApp extends WatchedProcess {
  /** Resolves to the first truthy value of `probe`; rejects when the process has ended. */
  until: typeof until
}

/** Runs a fixture as `node <entry>` does, with nothing of ours: what a peer must look like from inside. */
export function startPlain(
  t: TestContext,
  fixture: string,
  { env, ...options }: PackOptions & { env: NodeJS.ProcessEnv },
): PlainApp {
  const dir = layOutApp(t, fixture, options)
  const { main } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { main: string }
  const child = spawn(process.execPath, [join(dir, main)], {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const watched = watchProcess(t, child, 'SIGKILL')
  return {
    ...watched,
    until: probe =>
      until(() => {
        if (child.exitCode === null && child.signalCode === null) return probe()
        throw new Error(`${fixture} ended with ${child.exitCode ?? child.signalCode}:\n${watched.output()}`)
      }),
  }
}

/** The lines that begin with `prefix`, without it, in alphabetical order. */
export const linesOf = (output: string, prefix: string): string[] =>
  output
    .split('\n')
    .filter(line => line.startsWith(`${prefix} `))
    .map(line => line.slice(prefix.length + 1))
    .sort()
