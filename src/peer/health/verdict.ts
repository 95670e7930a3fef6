import { type HealthRequest, PASSED, type ProbeResult } from '../../rpc/health-contracts.ts'
import type { Answer } from './exchange.ts'
import { describeStatus, type Sent } from './send.ts'

/** Characters of a body that are shown. */
const SHOWN = 200

/** Whether what became of a request is what was wanted. */
export function judge(request: HealthRequest, sent: Sent): ProbeResult {
  if (sent.kind === 'unanswered') return { ok: false, reason: sent.reason }
  const { answer } = sent
  const { text } = request
  if (!isWanted(request.status, answer.status)) {
    return {
      ok: false,
      reason: `was answered with ${describeAnswer(answer)}, not with ${wanted(request.status)}`,
    }
  }
  if (text !== undefined && !answer.body.includes(text)) {
    const reason = `was answered with ${describeAnswer(answer)}, without the text ${JSON.stringify(text)}`
    return { ok: false, reason }
  }
  return PASSED
}

function isWanted(status: HealthRequest['status'], found: number): boolean {
  if (status === undefined) return found >= 200 && found <= 299
  return [status].flat().includes(found)
}

const wanted = (status: HealthRequest['status']) =>
  status === undefined ? 'a status from 200 to 299' : [status].flat().join(' or ')

/** The status, and the beginning of the body, in one line. */
export function describeAnswer({ status, location, body }: Answer): string {
  const to = location === null ? '' : ` to ${location} (no redirect is followed)`
  const shown = body.trim().slice(0, SHOWN)
  return `${describeStatus(status)}${to}${shown === '' ? '' : ` and ${JSON.stringify(shown)}`}`
}
