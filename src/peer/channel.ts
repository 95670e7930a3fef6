import type net from 'node:net'
import { isEnvelope, isTransfer, transferEnvelope } from '../rpc/ipc.ts'
import type { Transfer } from '../rpc/transfer.ts'

/** The way to the parent. */
export interface Channel {
  send(message: unknown): Promise<void>
  receive(listener: (message: unknown) => void): void
  /** The socket stays open here. */
  sendSocket(transfer: Transfer, socket: net.Socket): Promise<void>
  /** `undefined`: its sender had lost it when it was to be sent. */
  receiveSocket(listener: (transfer: Transfer, socket: net.Socket | undefined) => void): void
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
  let takeSocket: Parameters<Channel['receiveSocket']>[0] = (_transfer, socket) => void socket?.destroy()
  const emit = process.emit
  process.emit = function (this: NodeJS.Process, event: string, ...args: unknown[]): boolean {
    if (event === 'message' && isEnvelope(args[0])) {
      if (isTransfer(args[0])) takeSocket(args[0].transfer, args[1] as net.Socket | undefined)
      else listener(args[0])
      return true
    }
    return Reflect.apply(emit, this, [event, ...args])
  } as typeof process.emit
  // Node.js reads the channel only while somebody listens, and a listener keeps the process alive.
  process.on('message', () => undefined)
  channel.unref()

  const write = (message: unknown, socket?: net.Socket) =>
    new Promise<void>((resolve, reject) => {
      Reflect.apply(send, process, [
        message,
        socket,
        socket && { keepOpen: true },
        (error: Error | null) => (error ? reject(error) : resolve()),
      ])
    })
  return {
    send: message => write(message),
    receive: to => {
      listener = to
    },
    sendSocket: (transfer, socket) => write(transferEnvelope(transfer), socket),
    receiveSocket: to => {
      takeSocket = to
    },
    onDisconnect: to => void process.once('disconnect', to),
    hold: () => channel.ref(),
    release: () => channel.unref(),
  }
}
