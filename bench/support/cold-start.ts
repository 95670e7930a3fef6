import { join } from 'node:path'
import { freePort } from '../../test/support/beam.ts'
import { tempDir } from '../../test/support/pack-app.ts'
import type { Scope } from '../../test/support/scope.ts'
import { ENTRY } from './apps.ts'
import { now, type Poller } from './poller.ts'
import { killProcess, startProcess } from './processes.ts'

/** What somebody without BeamDeploy would type, in milliseconds until the first answer; `unpack` false leaves out `tar`. */
export async function coldStart(
  scope: Scope,
  poller: Poller,
  { archive, version, unpack }: { archive: string; version: string; unpack: boolean },
): Promise<number> {
  const port = await freePort()
  const dir = tempDir(scope)
  const tar = 'tar xzf "$0"'
  const start = `cd package && exec "$1" ${ENTRY}`
  if (!unpack) await extract(scope, archive, dir)
  const { answered } = await poller.watch(port, version)
  const from = now()
  const child = startProcess(
    scope,
    'sh',
    ['-c', unpack ? `${tar} && ${start}` : start, archive, process.execPath],
    {
      cwd: dir,
      env: { ...process.env, PORT: String(port) },
    },
  )
  const took = (await answered) - from
  await killProcess(child)
  return took
}

/** Unpacks with `tar`; resolves to the milliseconds that it took. */
export async function extract(scope: Scope, archive: string, dir: string): Promise<number> {
  const from = now()
  const child = startProcess(scope, 'tar', ['xzf', archive, '-C', dir])
  const code = await new Promise(resolve => child.once('exit', resolve))
  if (code !== 0) throw new Error(`tar of ${join(dir, archive)} ended with ${code}`)
  return now() - from
}
