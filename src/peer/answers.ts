import type { IncomingMessage, ServerResponse } from 'node:http'
import type net from 'node:net'
import { type AnswerCount, LEAST_ANSWERS } from '../rpc/answer-count.ts'
import { isProbe } from './probe-mark.ts'

/** How often it is told what was counted. */
const TELL_MS = 1_000

/** Counts the answers of this peer's servers, while somebody wants to know. Otherwise it costs a request nothing. */
export interface Answers {
  /** A server whose answers count: HTTP/1.1, and HTTP/2 by its `request` event. */
  watch(server: net.Server): void
  /** Counts from now on, until it is told `null`. */
  count(limit: number | null): void
}

/** `tell` is called once a second, and at once when the share of errors passes the limit. */
export function createAnswers(tell: (count: AnswerCount) => void): Answers {
  const servers = new Set<net.Server>()
  let stopCounting: (() => void) | null = null
  let listener: ((request: IncomingMessage, response: ServerResponse) => void) | null = null

  function stop(): void {
    stopCounting?.()
    stopCounting = null
    listener = null
  }

  return {
    watch: server => {
      servers.add(server)
      if (listener) server.prependListener('request', listener)
    },
    count: limit => {
      stop()
      if (limit === null) return
      const count: AnswerCount = { answers: 0, errors: 0 }
      let told = 0
      const tellNow = () => {
        if (told === count.answers) return
        told = count.answers
        tell(count)
      }
      let isBad = false
      const begin = (request: IncomingMessage, response: ServerResponse) => {
        if (isProbe(request.socket)) return
        response.once('finish', () => {
          count.answers += 1
          if (response.statusCode >= 500) count.errors += 1
          const wasBad = isBad
          isBad = count.answers >= LEAST_ANSWERS && count.errors > limit * count.answers
          if (isBad && !wasBad) tellNow()
        })
      }
      const timer = setInterval(tellNow, TELL_MS).unref()
      for (const server of servers) server.prependListener('request', begin)
      listener = begin
      stopCounting = () => {
        clearInterval(timer)
        for (const server of servers) server.off('request', begin)
      }
    },
  }
}
