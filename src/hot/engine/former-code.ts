import type { CodeOfDefinition } from '../../rpc/process-contracts.ts'
import type { FunctionRecord, Target } from '../plan/world.ts'
import { markerOf } from './closures.ts'
import type { Prepared } from './prepared.ts'

/** A text of a function, and its successor before the upgrade. */
interface FormerTarget {
  target: Target
  successor: unknown
}

/**
 * What an upgrade is about to replace, so that the definition of a process which keeps that can go on with the code that it had. To be called before
 * anything is replaced.
 *
 * @returns what gives, for a function that others follow, one that runs what that ran before; any other function as it is.
 */
export function rememberCode({ assemblies, moved }: Prepared): (code: CodeOfDefinition) => CodeOfDefinition {
  const records = new Set<FunctionRecord>(moved.functions.map(({ record }) => record))
  for (const module of assemblies.keys())
    for (const before of module.difference?.origin.values() ?? [])
      if (before.kind === 'function') records.add(module.recordOf(before.code.slot))
  const former = [...records].map(({ targets }) =>
    targets.map((target): FormerTarget => ({ target, successor: target.successor })),
  )
  let byMarker: Map<string, FormerTarget[]> | null = null
  return code => {
    const marker = markerOf(code)
    if (marker === null) return code
    byMarker ??= replacedIn(former)
    const known = byMarker.get(marker)
    return known ? withFormer(code, known) : code
  }
}

/** Functions that have another successor by now, by what their closures have in their text. */
function replacedIn(former: FormerTarget[][]): Map<string, FormerTarget[]> {
  const replaced = former.filter(targets =>
    targets.some(({ target, successor }) => target.successor !== successor),
  )
  return new Map(replaced.flatMap(targets => targets.map(({ target }) => [target.marker(), targets])))
}

/** A function looks for its successor when it is called, and never again: it has the former one just for that. */
function withFormer(code: CodeOfDefinition, former: FormerTarget[]): CodeOfDefinition {
  return function (this: unknown, ...given: never[]): unknown {
    for (const { target, successor } of former) target.write()?.(target.slot, successor)
    try {
      return Reflect.apply(code, this, given)
    } finally {
      for (const { target } of former) target.write()?.(target.slot, target.successor)
    }
  }
}
