import type { AnyNode } from 'acorn'
import type { Model } from '../model/model.ts'
import type { Code, FunctionSyntax } from '../syntax/code.ts'
import { childrenOf, type ParsedModule, type Reference, startOf, type Variable } from '../syntax/parse.ts'
import { CHANGING } from './changing.ts'
import { leavesAny, leavesAsItIs } from './harmless.ts'
import { usesOfResult } from './kept-uses.ts'
import { followed } from './reads.ts'
import { functionAt } from './text-index.ts'

/** Where a function keeps something in a variable of the function that it was made in. */
export interface ClosureState {
  line: number
  how: string
}

/**
 * What the function around keeps for a function that it has made: a variable that is assigned later on, or something made there that is
 * written into or called methods of. Who makes the function anew starts that anew.
 */
export function closureStateOf(model: Model, code: Code): ClosureState | null {
  const seen = new Set<Code>()
  const visit = (current: Code): ClosureState | null => {
    if (current.within === null || seen.has(current)) return null
    seen.add(current)
    for (const variable of capturedBy(model.parsed, current)) {
      const made = functionIn(model, variable)
      const found = made ? visit(made) : keptIn(model, variable)
      if (found) return found
    }
    return null
  }
  return visit(code)
}

/**
 * Whether a function may change what it has of the functions around it: writes into it, calls its methods, or hands it on.
 */
export function changesCaptured(model: Model, code: Code): boolean {
  const seen = new Set<Code>()
  const visit = (current: Code): boolean => {
    if (seen.has(current)) return false
    seen.add(current)
    if (hasThisOfAnother(current)) return true
    return [...capturedBy(model.parsed, current)].some(variable => {
      const made = functionIn(model, variable)
      return made ? visit(made) : isChangedIn(model, variable, current)
    })
  }
  return visit(code)
}

const hasThisOfAnother = (code: Code) =>
  code.kind === 'function' && code.role === 'arrow' && code.within !== null && code.uses.has('this')

function isChangedIn(model: Model, variable: Variable, { node }: Code): boolean {
  return variable.references.some(reference => {
    const at = startOf(reference.identifier)
    if (at < node.start || at >= node.end) return false
    if (reference.isWrite()) return true
    return usesOfResult(model, reference.identifier as AnyNode, []).some(
      ({ end, path }) =>
        end === 'escapes' ||
        (path.length > 0 && (end === 'assigned' || (end === 'called' && !leavesAny(path.at(-1) ?? null)))),
    )
  })
}

/**
 * What a function changes of the functions around it that ran before; `null` where it changes nothing of them.
 *
 * @param isFresh whether a function around has run just now.
 */
export function changesOlder(
  model: Model,
  body: AnyNode,
  isFresh: (around: FunctionSyntax) => boolean,
): { offset: number; name: string } | null {
  const code = model.codes.find(({ kind, node }) => kind === 'function' && node.body === body)
  for (const variable of code ? capturedBy(model.parsed, code) : []) {
    const around = model.codes.find(({ node }) => node === (variable.scope.variableScope.block as object))
    // What is set to other functions is code, as what compilers write for the first call: `ownKeys = Object.getOwnPropertyNames || …`.
    if (around?.kind !== 'function' || isFresh(around.node) || functionIn(model, variable)) continue
    for (const reference of variable.references) {
      const offset = startOf(reference.identifier)
      if (functionAt(model, offset)?.body !== body) continue
      const { path, end } = usedFor(model, reference)
      const isChanged =
        reference.isWrite() ||
        (path.length > 0 && (end === 'assigned' || (end === 'called' && CHANGING.has(path.at(-1) ?? ''))))
      if (isChanged) return { offset, name: variable.name }
    }
  }
  return null
}

/** Variables of the functions around that it uses. */
function capturedBy(parsed: ParsedModule, { node }: Code): Set<Variable> {
  const own = parsed.scopes.acquire(node as Parameters<typeof parsed.scopes.acquire>[0], true)
  const variables = new Set<Variable>()
  for (const { resolved } of own?.through ?? [])
    if (resolved !== null && resolved.scope !== parsed.scope && resolved.defs.length > 0)
      variables.add(resolved)
  return variables
}

/** The function that a variable is a name of. */
function functionIn({ codes }: Model, { defs: [definition] }: Variable): Code | null {
  const isName = definition?.type === 'FunctionName' || definition?.type === 'ClassName'
  const node = definition?.type === 'Variable' ? definition.node.init : isName ? definition.node : null
  return codes.find(code => code.kind === 'function' && (code.node as object) === node) ?? null
}

function keptIn(model: Model, variable: Variable): ClosureState | null {
  const init = madeIn(variable)
  for (const reference of variable.references) {
    if (isByItsOwn(reference, variable)) continue
    const at = { line: model.line(startOf(reference.identifier)) }
    if (reference.isWrite() && reference.init !== true)
      return { ...at, how: `assigns \`${variable.name}\`, which goes with it` }
    const { path, end } = usedFor(model, reference)
    const [member = null] = path
    if (init === null || path.length === 0) continue
    if (end === 'assigned') return { ...at, how: `writes into \`${variable.name}\`, which goes with it` }
    if (end === 'called' && path.length === 1 && !leavesAsItIs(kindOf(init), member))
      return { ...at, how: `calls a method of \`${variable.name}\`, which goes with it` }
  }
  return null
}

/** Whether it is used by the very function that it belongs to, and not later on by one that was made there. */
const isByItsOwn = ({ from }: Reference, { scope }: Variable) => from.variableScope === scope.variableScope

const MAKING = new Set(['NewExpression', 'ArrayExpression', 'ObjectExpression', 'CallExpression'])

/** What a variable is declared with, if that makes something. */
function madeIn({ defs: [definition] }: Variable): AnyNode | null {
  const init = definition?.type === 'Variable' ? (definition.node.init as AnyNode | null | undefined) : null
  return init && MAKING.has(init.type) ? init : null
}

function kindOf(init: AnyNode): string {
  if (init.type === 'ArrayExpression') return 'Array'
  if (init.type === 'ObjectExpression') return 'Object'
  return init.type === 'NewExpression' && init.callee.type === 'Identifier' ? init.callee.name : ''
}

const parentsByModel = new WeakMap<Model, Map<number, AnyNode[]>>()

/** What is done with a variable at one place. */
function usedFor(model: Model, { identifier }: Reference): ReturnType<typeof followed> {
  let parents = parentsByModel.get(model)
  if (!parents) {
    const found = new Map<number, AnyNode[]>()
    const step = (node: AnyNode, above: AnyNode[]) => {
      if (node.type === 'Identifier') found.set(node.start, above)
      const below = [...above, node]
      for (const child of childrenOf(node)) step(child, below)
    }
    step(model.parsed.program, [])
    parents = found
    parentsByModel.set(model, parents)
  }
  return followed(identifier as AnyNode, parents.get(startOf(identifier)) ?? [])
}
