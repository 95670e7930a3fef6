import { BeamDeployError } from '../errors.ts'
import type { HotReason, UpgradePlan } from './hot-contracts.ts'

/**
 * The refusal of an upgrade whose plan is not `hot`: the first line says what, then each reason with its place and remedy.
 *
 * @param what names the new release, such as `my-app 0.2.0`.
 * @param advice is the last line: what does it instead.
 */
export function incompatibleChange(what: string, { reasons }: UpgradePlan, advice: string): BeamDeployError {
  const count = reasons.length === 1 ? '1 reason' : `${reasons.length} reasons`
  const message = [`${what} cannot be upgraded hot, for ${count}:`, ...describeReasons(reasons), advice].join(
    '\n',
  )
  return new BeamDeployError('incompatible_change', message, { phase: 'plan', reasons })
}

/** For people: a line with place and reason, and one with what can be done. */
export const describeReasons = (reasons: readonly HotReason[]): string[] =>
  reasons.flatMap(({ module, line, message, remedy, allow }) => [
    `  ${line === null ? module : `${module}:${line}`}: ${ended(message)}`,
    `      ${ended(remedy)}${allow === null ? '' : ` Or accept it: --allow ${quoted(allow)}`}`,
  ])

const ended = (sentence: string) => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)

/** As a shell takes it. */
const quoted = (place: string) =>
  /^[\w./:@%+,-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`
