/**
 * A program of its own, so that nothing else delays it: polls a port with a new connection each time until the
 * wanted version answers, and says when that was.
 */
import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { PollReply, PollRequest } from './poller.ts'

/** Milliseconds between polls. Without a pause the poller and the server it asks take all cores from what is measured. */
const PAUSE = 1

process.on('message', async ({ port, version }: PollRequest) => {
  let asked = false
  for (;;) {
    const answer = ask(port)
    // The first poll is out: from here on no time is lost.
    if (!asked) reply({ kind: 'polling' })
    asked = true
    if ((await answer) === version) break
    await delay(PAUSE)
  }
  reply({ kind: 'answered', at: String(process.hrtime.bigint()) })
})

function ask(port: number): Promise<string | null> {
  return new Promise(resolve => {
    const request = http.get({ host: '127.0.0.1', port, agent: false }, response => {
      response.resume()
      resolve(String(response.headers['x-version']))
    })
    request.on('error', () => resolve(null))
  })
}

function reply(message: PollReply): void {
  process.send?.(message)
}
