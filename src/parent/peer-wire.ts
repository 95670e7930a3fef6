import type { ChildProcess } from 'node:child_process'
import { ipcWire, type Wire } from '../rpc/ipc.ts'

/** The IPC channel of a peer. */
export function wireOf(child: ChildProcess): Wire {
  return ipcWire(
    envelope =>
      new Promise((resolve, reject) => {
        child.send(envelope, error => (error ? reject(error) : resolve()))
      }),
    listener => void child.on('message', listener),
  )
}
