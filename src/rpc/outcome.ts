import { BeamDeployError, messageOf } from '../errors.ts'
import type { Packed } from './packed.ts'
import { pack, unpack } from './values.ts'

/** What became of a call of one of the application's functions in another process. */
type Outcome = { returned: unknown } | { threw: unknown }

/** Calls a function of the application; what it throws is an outcome too. `what` names the call in errors. */
export async function runCall(
  run: (...args: unknown[]) => unknown,
  args: Packed,
  what: string,
): Promise<Packed> {
  const outcome = await attempt(run, unpack(args) as unknown[])
  if ('returned' in outcome) return pack(outcome, `what ${what} returned`)
  try {
    return pack(outcome, `what ${what} threw`)
  } catch {
    // Its caller learns what can be said of it.
    return pack({ threw: new Error(messageOf(outcome.threw)) }, what)
  }
}

async function attempt(run: (...args: unknown[]) => unknown, args: unknown[]): Promise<Outcome> {
  try {
    return { returned: await run(...args) }
  } catch (thrown) {
    return { threw: thrown }
  }
}

/** What the call returned; `call_failed`, with what was thrown as its cause, where it threw. */
export function takeOutcome(packed: Packed, what: string): unknown {
  const outcome = unpack(packed) as Outcome
  if ('returned' in outcome) return outcome.returned
  const { threw } = outcome
  throw new BeamDeployError('call_failed', `${what} threw: ${messageOf(threw)}`, {
    phase: 'control',
    cause: threw,
  })
}
