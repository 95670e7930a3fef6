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

/** `node server.js` in `dir`, on a free port. It need not listen yet when this resolves. */
export async function startPlain(
  scope: Scope,
  dir: string,
  { execArgv = [] }: { execArgv?: readonly string[] } = {},
): Promise<PlainServer> {
  const port = await freePort()
  const child = startProcess(scope, process.execPath, [...execArgv, ENTRY], {
    cwd: dir,
    env: { ...process.env, PORT: String(port) },
  })
  return { port, pid: child.pid ?? -1, child }
}
