import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
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

/** Resolves when somebody listens on a port. */
export async function untilListening(port: number): Promise<void> {
  while (!(await canConnect(port))) await delay(5)
}

function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
