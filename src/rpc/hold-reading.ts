import type net from 'node:net'

/**
 * The one place that looks behind Node.js's public API for sockets on their way to another process. `pause()` ends the flow of what
 * was read, not the reading: what this process still reads would be lost to the one that the socket goes to. Nor is there a public way to
 * send a socket that a server accepted without that server asking the other process for its connections from then on.
 * `test/rpc/hold-reading.test.ts` holds this on every supported version of Node.js.
 * Sources: https://github.com/nodejs/node/blob/main/lib/net.js, `tryReadStart`; lib/internal/child_process.js, `net.Socket`
 */
interface ReadableHandle {
  /** Whether `net` believes that it reads. */
  reading?: boolean
  readStart(): number
  readStop(): number
}

/** How many hold each. */
const holders = new WeakMap<ReadableHandle, number>()

/**
 * Has nothing read from `socket` any more, whatever is done to it, until the returned function is called: what comes waits in the kernel.
 * Held several times, it is read from when all have let it go.
 */
export function holdReading(socket: net.Socket): () => void {
  const handle = (socket as unknown as { _handle: ReadableHandle | null })._handle
  if (!handle) return () => undefined
  const before = holders.get(handle) ?? 0
  holders.set(handle, before + 1)
  if (before === 0) {
    handle.readStop()
    handle.readStart = () => 0
  }
  let holds = true
  return () => {
    if (!holds) return
    holds = false
    const left = (holders.get(handle) ?? 1) - 1
    holders.set(handle, left)
    if (left > 0) return
    Reflect.deleteProperty(handle, 'readStart')
    if (handle.reading && !socket.destroyed) handle.readStart()
  }
}

/** The same socket as one that no server has accepted: to be sent with `keepOpen`, when Node.js comes to that, and for nothing else. */
export function withoutServer(socket: net.Socket): net.Socket {
  return Object.create(socket, { server: { value: undefined } }) as net.Socket
}
