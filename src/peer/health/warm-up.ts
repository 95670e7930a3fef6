import { now } from '../../clock.ts'
import { PASSED, type ProbeResult, type WarmUpRequest } from '../../rpc/health-contracts.ts'
import { type SendOptions, send } from './send.ts'
import { describeAnswer } from './verdict.ts'
import type { WayIn } from './way-in.ts'

const TIMES = 20

/**
 * Sends a request again and again, one after the other, for at most `timeoutMs` in all: what is wanted is that the code has run. The
 * result says whether it did what it was meant to.
 */
export async function warmUp(
  request: WarmUpRequest,
  way: WayIn,
  { userAgent, timeoutMs }: SendOptions,
): Promise<ProbeResult> {
  const { times = TIMES } = request
  const until = now() + timeoutMs
  let failures = 0
  let first: string | null = null
  for (let count = 0; count < times; count += 1) {
    const left = Math.round(until - now())
    if (left <= 0)
      return { ok: false, reason: `was sent only ${count} of ${times} times within ${timeoutMs} ms` }
    const sent = await send(request, way, { userAgent, timeoutMs: left })
    if (sent.kind === 'unanswered')
      return { ok: false, reason: `${sent.reason} (request ${count + 1} of ${times})` }
    if (sent.answer.status < 400) continue
    failures += 1
    first ??= describeAnswer(sent.answer)
  }
  return first === null
    ? PASSED
    : { ok: false, reason: `was answered with ${first} (${failures} of ${times} times)` }
}
