import { type Piece, unfollowedIn } from '../model/model.ts'
import type { ClassText } from '../plan/world.ts'
import type { ClassCode, Code, FunctionCode } from '../syntax/code.ts'
import type { Assembling } from './assembly.ts'
import { changedConstant } from './succession.ts'

/** None of the closures of a text of it may be alive. */
export function strand(
  { module, difference, assembly }: Assembling,
  code: Code,
  { marker }: Pick<ClassText, 'marker'>,
  why: string,
): void {
  const line = difference.before.line(code.node.start)
  assembly.stranded.push({ module: module.key, line, marker: marker(), why })
  if (code.kind === 'function')
    for (const { successor } of module.recordOf(code.slot).targets) assembly.successors.add(successor)
}

export function strandFunction(into: Assembling, code: FunctionCode, why: string): void {
  for (const target of into.module.recordOf(code.slot).targets) strand(into, code, target, why)
}

export function strandClass(into: Assembling, code: ClassCode, why: string): void {
  for (const text of into.module.classOf(code.slot).texts) strand(into, code, text, why)
}

/** Functions that never ask for a successor are a part of what has changed. */
export function strandUnfollowed(into: Assembling, piece: Piece): void {
  const { module, difference, assembly } = into
  for (const code of unfollowedIn(difference.before, piece)) {
    if (code.within !== null)
      strandFunction(into, code, 'it cannot be followed, and it is part of what changed')
    else
      assembly.reasons.push({
        module: module.key,
        line: difference.before.line(code.node.start),
        message:
          'the arrow function here cannot be followed, since its body or a directive in it gives its parameters another meaning',
        remedy: 'Write it as a `function`, or use `upgrade()`.',
        allow: null,
      })
  }
}

export function strandConstants(into: Assembling, before: Piece, after: Piece): void {
  if (before.kind !== 'function' || after.kind !== 'function') return
  const following = into.difference.after.following[after.code.slot]
  if (following?.how !== 'by-factory') return
  for (const target of into.module.recordOf(before.code.slot).targets) {
    const why = changedConstant(target.following(), following)
    if (why !== null) strand(into, before.code, target, why)
  }
}
