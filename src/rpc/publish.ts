import { channel, hasSubscribers } from 'node:diagnostics_channel'

/**
 * Tells the subscribers in this process. One that throws does not throw here: Node.js makes an uncaught exception of it, in a later
 * turn.
 */
export function publishHere(name: string, message: object): void {
  if (hasSubscribers(name)) channel(name).publish(message)
}
