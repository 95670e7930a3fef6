import net from 'node:net'

/** An HTTP/1.1 connection of which every byte is the test's. */
export interface RawConnection {
  write(text: string): void
  /** Resolves, with everything not read yet, when that matches. Rejects when the connection ends before. */
  read(pattern: RegExp): Promise<string>
  /** Resolves to what was not read, when the server has ended the connection; rejects when it was reset. */
  ended(): Promise<string>
  /** Ends the client's side. */
  finish(): void
  close(): void
}

export async function rawConnection(to: number | string): Promise<RawConnection> {
  const socket = typeof to === 'number' ? net.connect(to, '127.0.0.1') : net.connect(to)
  let text = ''
  let wake: () => void = () => undefined
  let end: 'open' | 'ended' | Error = 'open'
  socket.setEncoding('utf8')
  socket.on('data', (more: string) => {
    text += more
    wake()
  })
  socket.on('error', error => {
    end = error
    wake()
  })
  socket.on('close', () => {
    if (end === 'open') end = 'ended'
    wake()
  })
  await new Promise(resolve => socket.once('connect', resolve))

  async function until(isDone: () => boolean): Promise<string> {
    while (!isDone()) {
      if (end instanceof Error) throw end
      if (end === 'ended') throw new Error(`the connection ended after ${JSON.stringify(text)}`)
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    const read = text
    text = ''
    return read
  }
  return {
    write: more => void socket.write(more),
    read: pattern => until(() => pattern.test(text)),
    ended: () => until(() => end === 'ended'),
    finish: () => void socket.end(),
    close: () => void socket.destroy(),
  }
}
