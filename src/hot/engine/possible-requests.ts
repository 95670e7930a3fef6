import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { linksIn } from './requests.ts'

/** Everything that a module may ask for, whenever that is. */
export interface PossibleRequests {
  /** As they are written. */
  literal: Set<string>
  /** Whether it may also ask for what its text does not tell. */
  computed: boolean
}

const possibleByModel = new WeakMap<Model, PossibleRequests>()

export function possibleRequests(model: Model): PossibleRequests {
  let possible = possibleByModel.get(model)
  if (!possible) {
    possible = { literal: new Set(linksIn(model).map(({ request }) => request)), computed: false }
    collectDynamic(model, possible)
    possibleByModel.set(model, possible)
  }
  return possible
}

/** `import()`, `require()`, `require.resolve()`, and `require` in the hands of somebody else. */
function collectDynamic(model: Model, possible: PossibleRequests): void {
  const note = (argument: AnyNode | undefined) => {
    const text = argument ? constantText(argument) : null
    if (text === null) possible.computed = true
    else possible.literal.add(text)
  }
  walk(model.parsed.program, (node, parent) => {
    if (node.type === 'ImportExpression') note(node.source)
    else if (node.type === 'CallExpression' && isRequire(node.callee)) note(node.arguments[0])
    else if (isRequire(node) && !isHarmless(node, parent)) possible.computed = true
    return true
  })
}

const isRequire = (node: AnyNode): boolean =>
  node.type === 'Identifier' && (node.name === 'require' || node.name === 'createRequire')

/** `require(…)` itself, `require.main`, `import { createRequire }`, and what is declared by that name. */
function isHarmless(node: AnyNode, parent: AnyNode | null): boolean {
  switch (parent?.type) {
    case 'CallExpression':
      return parent.callee === node
    case 'MemberExpression':
      return (
        parent.object !== node || (parent.property.type === 'Identifier' && parent.property.name === 'main')
      )
    case 'VariableDeclarator':
      return parent.id === node
    case 'ImportSpecifier':
      return true
    default:
      return false
  }
}

function constantText(node: AnyNode): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return null
  return node.quasis[0]?.value.cooked ?? null
}
