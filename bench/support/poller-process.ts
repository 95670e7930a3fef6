/**
 * A program of its own, so that nothing else delays it: polls a port with a new connection each time until the
 * wanted version answers, and says when that was.
 */
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { PollReply, PollRequest } from './poller.ts'

/**
 * Milliseconds between polls. Where an old version answers them, polls cost what requests cost, and what is measured shares its
 * cores with them; where nothing listens yet, they cost nothing. Seldom enough not to tilt the comparison.
 */
const PAUSE = 5
const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'

process.on('message', async ({ port, version }: PollRequest) => {
  const wanted = new RegExp(`^x-version: ${version.replaceAll('.', '\\.')}\r$`, 'im')
  let asked = false
  for (;;) {
    const answer = ask(port)
    // The first poll is out: from here on no time is lost.
    if (!asked) reply({ kind: 'polling' })
    asked = true
    if (wanted.test(await answer)) break
    await delay(PAUSE)
  }
  reply({ kind: 'answered', at: String(process.hrtime.bigint()) })
})

/** Resolves to all that was answered, in a connection of its own; to nothing where nobody listens. */
function ask(port: number): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    net
      .connect(port, '127.0.0.1', function (this: net.Socket) {
        this.write(REQUEST)
      })
      .setEncoding('latin1')
      .on('data', chunk => {
        text += chunk
      })
      .on('error', () => resolve(text))
      .on('close', () => resolve(text))
  })
}

function reply(message: PollReply): void {
  process.send?.(message)
}
