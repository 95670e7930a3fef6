import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { notesOf, until } from '../parent/support.ts'
import { freePort } from './beam.ts'
import { layOutApp, type PackOptions, tempDir } from './pack-app.ts'
import type { Scope } from './scope.ts'
import { type WatchedProcess, watchProcess } from './watch-process.ts'

export interface Program extends WatchedProcess {
  port: number
  stateRoot: string
  /** Where the fixture writes what it notes. */
  notesFile: string
  notes(): string[]
}

/** Runs a fixture that calls `start()` as `BEAM_DEPLOY=true node <entry>`: it becomes the parent. Ended after the test. */
export async function startProgram(
  t: Scope,
  fixture: string,
  { env, ...options }: PackOptions & { env?: NodeJS.ProcessEnv },
): Promise<Program> {
  const dir = layOutApp(t, fixture, options)
  const { main } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { main: string }
  const stateRoot = tempDir(t)
  const notesFile = join(stateRoot, 'notes')
  const port = await freePort()
  const child = spawn(process.execPath, [main], {
    cwd: dir,
    env: {
      ...process.env,
      BEAM_DEPLOY: 'true',
      ...env,
      PORT: String(port),
      BEAM_DEPLOY_STATE_DIR: stateRoot,
      NOTES: notesFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const watched = watchProcess(t, child, 'SIGTERM')
  return { ...watched, port, stateRoot, notesFile, notes: () => notesOf(notesFile) }
}

/** Resolves when it serves. */
export const untilServing = ({ output }: Program) => until(() => / serves on /.test(output()))
