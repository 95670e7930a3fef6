import type net from 'node:net'
import { disguise, intercept, type NativeServer, open, reveal } from './server-lifecycle.ts'

/** A server that accepts no more and may again, of which its application notices nothing: to it the server listens. */
export interface ParkedServer {
  /** Has it listen again. It is a usual one from now on, also when that fails. */
  open(how: readonly unknown[]): Promise<void>
  /** It stays closed, and the application hears what was kept from it. Whether that was the server's end. */
  end(): boolean
}

/** Ends accepting. What was accepted stays open. */
export function park(server: net.Server, native: NativeServer): ParkedServer {
  const address = server.address()
  let isClosed = false
  // Of a server without a handle Node.js says that it has closed each time that its last connection ends.
  const letGo = intercept(server, event => {
    if (event === 'close') isClosed = true
    return event === 'close'
  })
  disguise(server, address)
  // Not `server.close()`: that of `http` would also close connections whose request is under way to us.
  Reflect.apply(native.close, server, [])
  return {
    open: how => {
      letGo()
      return open(server, how, native)
    },
    end: () => {
      letGo()
      reveal(server)
      if (isClosed) process.nextTick(() => server.emit('close'))
      return isClosed
    },
  }
}
