import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Scope } from '../../test/support/scope.ts'

/** Starts a process that is killed with the scope at the latest. */
export function startProcess(
  scope: Scope,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options })
  scope.after(() => killProcess(child))
  return child
}

export async function killProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Runs a program of Node.js to its end; resolves to what it printed, rejects when it fails. */
export async function runNode(
  scope: Scope,
  args: readonly string[],
  { core = null, ...options }: { core?: number | null; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const command = core === null ? [process.execPath] : ['taskset', '-c', String(core), process.execPath]
  const child = startProcess(scope, command[0] ?? '', [...command.slice(1), ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`)
  return stdout
}

/** Resolves when none of `pids` is there any more. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await delay(10)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
