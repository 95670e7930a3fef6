import { messageOf } from '../../errors.ts'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { UnitPiece } from '../diff/match.ts'
import { isAboutHot } from '../plan/about-hot.ts'
import { effectOf } from '../plan/effects.ts'
import { startOf } from '../plan/find-units.ts'
import type { Running } from '../plan/running.ts'
import { keyFor, type WorldModule } from '../plan/world.ts'
import type { Redefined } from './processes.ts'

/** An error of the application's code, with where it was evaluated. */
export interface FailedEvaluation extends Error {
  reasons: HotReason[]
}

/** Evaluates a unit of the new text; what it throws is said with its place. */
export function evaluating(module: WorldModule, unit: UnitPiece, evaluate: () => void): void {
  try {
    evaluate()
  } catch (error) {
    throw failed(module, module.after?.line(startOf(unit)) ?? null, 'it threw when it was evaluated', error)
  }
}

/** Loads a new module. @param path of its file. */
export function loading(module: WorldModule, path: string, load: () => void): void {
  try {
    load()
  } catch (error) {
    throw failed(module, lineIn(error, path), 'it could not be loaded', error)
  }
}

function failed(module: WorldModule, line: number | null, what: string, error: unknown): FailedEvaluation {
  const message = `${what}: ${messageOf(error)}`
  const place = line === null ? module.key : `${module.key}:${line}`
  const reason = { module: module.key, line, message, remedy: REMEDY, allow: null }
  return Object.assign(new Error(`${place}: ${message}`, { cause: error }), { reasons: [reason] })
}

const REMEDY = 'Correct it, and build the release again.'

/** @param redefined by which it is known where each is defined. */
export function codeChangeFailed(
  failures: { name: string; message: string }[],
  redefined: Redefined[],
): FailedEvaluation {
  const list = failures.map(({ name, message }) => `${name}: ${message}`).join('; ')
  const reasons = failures.flatMap(({ name, message }) => {
    const defined = redefined.find(({ process }) => process.name === name)
    if (!defined) return []
    const { module, unit } = defined
    const line = module.after?.line(startOf(unit)) ?? null
    const what = `\`codeChange\` of ${name} threw: ${message}`
    return [{ module: module.key, line, message: what, remedy: CODE_CHANGE, allow: null }]
  })
  return Object.assign(new Error(`codeChange failed for ${list}`), { reasons })
}

const CODE_CHANGE =
  "Correct it, and build the release again; or let such a process keep its old state and definition with `onCodeChangeError: 'continue'`."

/** Where in a file an error comes from. */
function lineIn(error: unknown, path: string): number | null {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = stack.indexOf(`${path}:`)
  const line = at < 0 ? Number.NaN : Number.parseInt(stack.slice(at + path.length + 1), 10)
  return Number.isNaN(line) ? null : line
}

/**
 * What statements of the new text have done before one failed that can be undone by nobody, in words. To be asked before anything is undone.
 *
 * @param ran those that were evaluated to their end.
 */
export function effectsOf(ran: { module: WorldModule; unit: UnitPiece }[], running: Running): string[] {
  const made = new Set(ran.flatMap(({ module, unit }) => unit.unit.names.map(name => keyFor(module, name))))
  return ran.flatMap(({ module, unit }) => {
    const model = module.after
    if (model === null || isAboutHot(unit, model)) return []
    const found = effectOf({
      model,
      node: unit.unit.node,
      names: [...model.parsed.scope.set.keys()].filter(name => made.has(keyFor(module, name))),
      value: name => running.value(module, name),
      isOutside: name => {
        const imported = model.imports.get(name)
        return imported !== undefined && module.target(imported.request) === null
      },
    })
    return found ? [`${module.key}:${model.line(found.offset)} ${found.what}`] : []
  })
}
