import type { Following, Passed } from '../instrument/follow.ts'
import { constantOf } from '../plan/slices.ts'
import type { Capture } from '../syntax/captures.ts'
import type { FunctionCode } from '../syntax/code.ts'

const PASSED: Record<keyof Passed, string> = {
  usesThis: '`this`',
  usesArguments: '`arguments`',
  usesNewTarget: '`new.target`',
  usesSuper: '`super`',
}

/** Why calls of a function cannot be passed on to its successor; `null` where they can. */
export function whyNotFollowed(
  from: Following,
  to: Following,
  before: FunctionCode,
  after: FunctionCode,
): string | null {
  if (from.how === 'not' || to.how === 'not') return 'it cannot be followed'
  const kind = unlike(before, after)
  if (kind !== null) return kind
  if (counts(after, from.atLeast ?? 0))
    return 'it looks at how many arguments it is called with, which it did not before'
  if (to.how === 'directly') return null
  const lacks = (what: string) => `it uses ${what} of what is around it, which it did not before`
  for (const [use, words] of Object.entries(PASSED) as [keyof Passed, string][])
    if (to[use] && (from.how === 'directly' || !from[use])) return lacks(words)
  for (const capture of to.captures) {
    const known =
      from.how === 'directly' ? undefined : from.captures.find(({ name }) => name === capture.name)
    // What its text tells need not be passed on.
    if (!known && isConstant(capture)) continue
    if (!known) return lacks(`\`${capture.name}\``)
    if (capture.changes && !known.changes)
      return `it uses \`${capture.name}\`, which was never assigned and is now`
    if (known.declared() !== capture.declared())
      return `it uses \`${capture.name}\`, which is declared otherwise now`
  }
  return null
}

/** What a call of the old function cannot become a call of the new one for. */
function unlike({ node: old, role }: FunctionCode, after: FunctionCode): string | null {
  const { node, uses } = after
  if (old.generator !== node.generator) return `it is ${node.generator ? 'a' : 'no'} generator now`
  if (old.async && !node.async) return 'it is no async function any more'
  if (node.async && !old.async && old.generator) return 'it is an async generator now'
  const own = uses.has('this') || uses.has('new.target') || uses.has('arguments')
  if (role === 'arrow' && after.role !== 'arrow' && own)
    return 'it was an arrow function and has its own `this` now'
  return null
}

/** Whether a function would notice that some arguments are passed to it that were not given. */
function counts({ node: { params }, role, uses }: FunctionCode, passed: number): boolean {
  if (passed === 0) return false
  const rest = params.findIndex(({ type }) => type === 'RestElement')
  return (rest >= 0 && rest < passed) || (role !== 'arrow' && uses.has('arguments'))
}

/** A constant of the function around that another text of that gives another value: what was captured is the old one. */
export function changedConstant(from: Following, to: Following): string | null {
  if (from.how !== 'by-factory' || to.how !== 'by-factory') return null
  const changed = to.captures.find(capture => {
    const known = from.captures.find(({ name }) => name === capture.name)
    return known && isConstant(known) && isConstant(capture) && known.declared() !== capture.declared()
  })
  return changed ? `it uses \`${changed.name}\`, a constant with another value now` : null
}

const isConstant = ({ changes, initialiser }: Capture): boolean =>
  !changes && constantOf(initialiser()) !== undefined
