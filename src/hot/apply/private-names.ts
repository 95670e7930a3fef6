import type { AnyNode } from 'acorn'
import type { ClassCode, Code } from '../syntax/code.ts'
import { walk } from '../syntax/parse.ts'

/** Whether code uses private names that are declared around it. */
export const usesPrivateNames = (code: Code): boolean => privateNamesOf(code).size > 0

/** Why code cannot be compiled: private names are known inside of their class alone, and one in a function has no door. */
export function usesHiddenNames(code: Code): string | null {
  for (const name of privateNamesOf(code)) {
    const owner = ownerOf(code, name)
    if (owner !== null && owner.within !== null)
      return `it uses \`#${name}\` of a class that is made inside a function`
  }
  return null
}

/** Whether a class declares any: its instances have them from its constructor alone. */
export const hasPrivateNames = ({ node }: ClassCode): boolean => declaredIn(node.body.body).length > 0

function privateNamesOf({ node }: Code): Set<string> {
  const used = new Set<string>()
  walk(node as AnyNode, inner => {
    if (inner.type === 'PrivateIdentifier') used.add(inner.name)
    return true
  })
  walk(node as AnyNode, inner => {
    if (inner.type === 'ClassBody') for (const name of declaredIn(inner.body)) used.delete(name)
    return true
  })
  return used
}

function ownerOf(code: Code, name: string): ClassCode | null {
  for (let outer = code.within; outer !== null; outer = outer.within)
    if (outer.kind === 'class' && declaredIn(outer.node.body.body).includes(name)) return outer
  return null
}

const declaredIn = (members: ClassCode['node']['body']['body']) =>
  members.flatMap(member =>
    'key' in member && member.key.type === 'PrivateIdentifier' ? [member.key.name] : [],
  )
