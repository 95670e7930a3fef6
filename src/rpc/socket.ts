import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Wire } from './ipc.ts'

/** A wire of JSON lines over a stream socket: readable by any version and any language. */
export function socketWire(socket: Socket): Wire {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
  return {
    send: message =>
      new Promise((resolve, reject) => {
        socket.write(`${JSON.stringify(message)}\n`, error => (error ? reject(error) : resolve()))
      }),
    receive: listener => {
      lines.on('line', line => listener(JSON.parse(line)))
    },
  }
}
