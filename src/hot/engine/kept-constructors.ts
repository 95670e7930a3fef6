import type { HotReason } from '../../rpc/hot-contracts.ts'
import { type OtherConstruction, withOldConstruction } from '../apply/old-construction.ts'
import { hasPrivateNames } from '../apply/private-names.ts'
import { diff } from '../diff/diff.ts'
import type { Model } from '../model/model.ts'
import { placeOf } from '../plan/reasons.ts'

/** Classes that keep the constructor and the fields of the release before by leave: private names cannot cross. */
export interface KeptConstructors {
  /** The text that a module is to run, where another is in its file. */
  textOf(key: string, before: Model, after: Model): Model
  /** A reason why a class cannot have its new constructor, with whether it may keep the one that it has. */
  settle(reason: HotReason): HotReason
  notes: string[]
}

export function keptConstructors(allow: ReadonlySet<string>): KeptConstructors {
  const notes: string[] = []
  /** By the places of classes; `null` for those that may keep theirs. */
  const obstacles = new Map<string, string | null>()

  function textOf(key: string, before: Model, after: Model): Model {
    if (!hasPrivateClasses(before) && !hasPrivateClasses(after)) return after
    const kept: OtherConstruction[] = []
    for (const { before: old, after: next, unit } of diff(before, after).constructors) {
      if (old.of.within !== null || next.of.within !== null) continue
      if (!hasPrivateNames(old.of) && !hasPrivateNames(next.of)) continue
      const place = placeOf({ key }, after, unit)
      const obstacle = whyNotKept(before, after, { before: old, after: next })
      obstacles.set(place, obstacles.get(place) ?? obstacle)
      if (obstacle === null && allow.has(place)) kept.push({ before: old, after: next })
    }
    const model = kept.length > 0 ? withOldConstruction(before, after, kept) : null
    if (model === null) return after
    for (const { of } of kept.map(each => each.after)) notes.push(noteFor(key, after, of.node))
    return model
  }

  return {
    textOf,
    settle: reason => {
      if (reason.allow === null) return reason
      const obstacle = obstacles.get(reason.allow)
      if (obstacle === null && !allow.has(reason.allow)) return reason
      const message = obstacle
        ? `${reason.message}; nor can it keep the one it has: ${obstacle}`
        : reason.message
      return { ...reason, message, allow: null }
    },
    notes,
  }
}

const hasPrivateClasses = ({ codes }: Model) =>
  codes.some(code => code.kind === 'class' && code.within === null && hasPrivateNames(code))

function noteFor(
  key: string,
  { line }: Model,
  { id, start }: OtherConstruction['after']['of']['node'],
): string {
  const what = id ? `\`${id.name}\`` : 'the class'
  return `${key}:${line(start)}: ${what} keeps its constructor and its fields of the release before: private names cannot cross`
}

function whyNotKept(before: Model, after: Model, which: OtherConstruction): string | null {
  try {
    const model = withOldConstruction(before, after, [which])
    return model === null ? 'what that uses is not there any more, or comes from elsewhere' : null
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const { line } = (error as SyntaxError & { loc?: { line: number } }).loc ?? { line: null }
    const name = /'(#.+?)'/.exec(error.message)?.[1]
    return name === undefined
      ? 'that does not fit into the new text'
      : `line ${line} needs \`${name}\`, which only one of them has`
  }
}
