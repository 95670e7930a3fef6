import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Agreed, SavedRequest } from './contract.ts'
import { agreedIn } from './track.ts'

/** The request as the application saw it in the other peer, on the socket that has come from there. */
export function requestOn(socket: Socket, saved: SavedRequest): IncomingMessage {
  // As a server of `http` has it.
  socket.allowHalfOpen = true
  const request = new IncomingMessage(socket)
  const [major = 1, minor = 1] = saved.httpVersion.split('.').map(Number)
  Object.assign(request, { ...saved, httpVersionMajor: major, httpVersionMinor: minor, complete: true })
  request.push(null)
  return request
}

/**
 * Has a server take a connection that is a WebSocket already: it answers the request as if it were new, and its answer, which the client has had long ago, is not
 * sent. Rejects, with nothing written to the client, where it does not take it, or would have agreed on something else.
 *
 * @param taken is called before anything flows.
 */
export async function answerAgain<T>(
  wss: WebSocketServer,
  request: IncomingMessage,
  agreed: Agreed,
  taken: (ws: WebSocket) => T,
): Promise<T> {
  const { headers } = request
  // Offered is what was agreed on, so that a server with other settings does not agree on more.
  request.headers = {
    ...headers,
    'sec-websocket-extensions': agreed.extensions ?? undefined,
    'sec-websocket-protocol': agreed.protocol ?? undefined,
  }
  return new Promise((resolve, reject) => {
    const muted = mute(request.socket, why => reject(new Error(`the WebSocketServer there ${why}`)))
    wss.handleUpgrade(request, request.socket, Buffer.alloc(0), ws => {
      request.headers = headers
      const now = agreedIn(muted.written().split('\r\n'))
      if (now.extensions !== agreed.extensions || now.protocol !== agreed.protocol) {
        muted.refuse(`agrees on ${inWords(now)}, and not on ${inWords(agreed)} as before`)
      } else {
        muted.end()
        resolve(taken(ws))
      }
    })
  })
}

const inWords = ({ extensions, protocol }: Agreed) =>
  `${extensions ?? 'no extension'} and ${protocol ?? 'no subprotocol'}`

interface Muted {
  written(): string
  /** From now on the client gets what is written. */
  end(): void
  refuse(why: string): void
}

/** Keeps from the client what is written to a socket. What is no 101, and what ends the socket, refuses it: this copy is closed, and the connection is not. */
function mute(socket: Socket, refused: (why: string) => void): Muted {
  const { destroy } = socket
  let text = ''
  const closed = () => refused('has not answered before it was closed')
  const refuse = (why: string) => {
    socket.off('close', closed)
    refused(why)
    Reflect.apply(destroy, socket, [])
  }
  const write = (data: unknown) => {
    text += String(data ?? '')
    const [status = ''] = text.split('\r\n')
    if (!status.startsWith('HTTP/1.1 101 ')) refuse(`answers ${status === '' ? 'nothing' : status}`)
  }
  socket.once('close', closed)
  Object.assign(socket, {
    write: (data: unknown) => {
      write(data)
      return true
    },
    end: (data: unknown) => {
      write(data)
      return socket
    },
    destroy: () => {
      refuse('ends the connection')
      return socket
    },
  })
  return {
    written: () => text,
    refuse,
    end: () => {
      socket.off('close', closed)
      for (const name of ['write', 'end', 'destroy'] as const) Reflect.deleteProperty(socket, name)
    },
  }
}
