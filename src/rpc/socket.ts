import type { Socket } from 'node:net'
import type { Wire } from './ipc.ts'

/** Characters of a message; ours have a few thousand. */
const MAX_LINE = 1024 * 1024

/** A wire of JSON lines over a stream socket: readable by any version and any language. */
export function socketWire(socket: Socket): Wire {
  return {
    send: message =>
      new Promise((resolve, reject) => {
        socket.write(`${JSON.stringify(message)}\n`, error => (error ? reject(error) : resolve()))
      }),
    receive: listener => {
      let rest = ''
      socket.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        if (rest.length > MAX_LINE) socket.destroy(new Error('a line without end'))
        for (const line of lines) receiveLine(socket, line, listener)
      })
    },
  }
}

/** Somebody who does not speak our protocol is hung up on; nobody else is disturbed. */
function receiveLine(socket: Socket, line: string, listener: (message: unknown) => void): void {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch (error) {
    socket.destroy(error as Error)
    return
  }
  if (typeof message === 'object' && message !== null) listener(message)
  else socket.destroy(new Error('not a message'))
}
