import { isEnvelope } from '../rpc/ipc.ts'

/** The way to the parent. */
export interface Channel {
  send(message: unknown): Promise<void>
  receive(listener: (message: unknown) => void): void
  onDisconnect(listener: () => void): void
  /** Keeps the process alive while there is no open handle of the application's. */
  hold(): void
  release(): void
}

/**
 * Takes the IPC channel for ourselves. An unmodified application must not notice that it was spawned with
 * one: `process.send` is hidden (many programs take its presence for a process manager's), our messages do
 * not reach its `message` listeners, and the channel alone does not keep it running.
 */
export function takeChannel(): Channel {
  const { send, channel } = process
  if (!send || !channel) throw new Error('beam-deploy: a peer needs the IPC channel that its parent gives it')
  delete process.send

  let listener: (message: unknown) => void = () => undefined
  const emit = process.emit
  process.emit = function (this: NodeJS.Process, event: string, ...args: unknown[]): boolean {
    if (event === 'message' && isEnvelope(args[0])) {
      listener(args[0])
      return true
    }
    return Reflect.apply(emit, this, [event, ...args])
  } as typeof process.emit
  // Node.js reads the channel only while somebody listens, and a listener keeps the process alive.
  process.on('message', () => undefined)
  channel.unref()

  return {
    send: message =>
      new Promise((resolve, reject) => {
        Reflect.apply(send, process, [
          message,
          undefined,
          undefined,
          (error: Error | null) => (error ? reject(error) : resolve()),
        ])
      }),
    receive: to => {
      listener = to
    },
    onDisconnect: to => void process.once('disconnect', to),
    hold: () => channel.ref(),
    release: () => channel.unref(),
  }
}
