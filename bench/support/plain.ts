import type { ChildProcess } from 'node:child_process'
import { freePort } from '../../test/support/beam.ts'
import type { Scope } from '../../test/support/scope.ts'
import { ENTRY } from './apps.ts'
import { startProcess } from './processes.ts'

export interface PlainServer {
  port: number
  pid: number
  child: ChildProcess
}

/** `node server.js` in `dir`, on `port` or a free one. It need not listen yet when this resolves. */
export async function startPlain(scope: Scope, dir: string, port?: number): Promise<PlainServer> {
  const chosen = port ?? (await freePort())
  const child = startProcess(scope, process.execPath, [ENTRY], {
    cwd: dir,
    env: { ...process.env, PORT: String(chosen) },
  })
  return { port: chosen, pid: child.pid ?? -1, child }
}
