import type { AnyNode, Pattern } from 'acorn'
import type MagicString from 'magic-string'
import type { FunctionCode } from '../syntax/code.ts'
import { type ParsedModule, startOf } from '../syntax/parse.ts'
import { countedIn, moveParameters } from './move-parameters.ts'
import type { Names } from './names.ts'
import { commaAfter, tokenAt } from './tokens.ts'

/** How a function that is about to be left for its successor gets at what it was called with. */
export type Arguments =
  /** An expression for an array or the arguments object. */
  | { how: 'expression'; text: string }
  /** Only after its own parameters were evaluated, and without those that it does not name. */
  | { how: 'impossible' }

type Plan =
  | { how: 'arguments' }
  | { how: 'none' }
  | { how: 'rest'; named: string[] }
  | { how: 'own-rest'; named: string[]; rest: string }
  | { how: 'move' }
  | { how: 'impossible' }

/**
 * How many arguments a successor is passed at least, whether they were given or not: where a function has no `arguments`, or that would be
 * another name for its parameters, what was left out looks like `undefined`.
 */
export function passedAtLeast(parsed: ParsedModule, code: FunctionCode): number {
  const plan = planOf(parsed, code)
  switch (plan.how) {
    case 'rest':
      return plan.named.length
    case 'own-rest':
      return hasOwnArguments(code) ? 0 : plan.named.length
    case 'move':
      return hasOwnArguments(code) ? 0 : countedIn(code).length
    default:
      return 0
  }
}

const hasOwnArguments = ({ role }: FunctionCode) => role !== 'arrow'

/** Whether calls of a function can be passed on whole. */
export function canPassOn(parsed: ParsedModule, code: FunctionCode): boolean {
  return planOf(parsed, code).how !== 'impossible'
}

/**
 * Edits the parameters of a function such that whatever it is called with can be passed on before any of it has been looked at.
 * `length`, and what the body sees, stay.
 *
 * @param at where the body begins: parameters that do more than to name a value go there.
 */
export function takeArguments(
  parsed: ParsedModule,
  code: FunctionCode,
  names: Names,
  edit: MagicString,
  at: number,
): Arguments {
  const plan = planOf(parsed, code)
  const { params } = code.node
  switch (plan.how) {
    case 'impossible':
      return { how: 'impossible' }
    case 'arguments':
      return { how: 'expression', text: 'arguments' }
    case 'none':
      return { how: 'expression', text: `[${params.map(nameOf).join(',')}]` }
    case 'own-rest': {
      const list = `[${[...plan.named, `...${plan.rest}`].join(',')}]`
      return { how: 'expression', text: hasOwnArguments(code) ? 'arguments' : list }
    }
    case 'rest': {
      addRest(parsed, code, names, edit)
      return { how: 'expression', text: `[${[...plan.named, `...${names.rest}`].join(',')}]` }
    }
    case 'move': {
      const list = moveParameters(parsed, code, names, edit, at)
      return { how: 'expression', text: hasOwnArguments(code) ? 'arguments' : list }
    }
    default: {
      const unreachable: never = plan
      throw new Error(`unknown plan ${JSON.stringify(unreachable)}`)
    }
  }
}

/** Whether parameters that do more than to name a value become statements of the body. */
export function movesParameters(parsed: ParsedModule, code: FunctionCode): boolean {
  return planOf(parsed, code).how === 'move'
}

/** Where the list of its parameters begins; behind the only one of an arrow function that has no parentheses. */
export function afterParenthesis(parsed: ParsedModule, { start, end, params }: FunctionCode['node']): number {
  const [first] = params
  const token = tokenAt(parsed, start, first?.start ?? end, '(')
  return token?.end ?? first?.end ?? start
}

function planOf(parsed: ParsedModule, code: FunctionCode): Plan {
  const { node, role, uses } = code
  const { params } = node
  const arrow = role === 'arrow'
  const last = params.at(-1)
  const named = params.filter(({ type }) => type === 'Identifier').map(nameOf)
  const distinct = new Set(named).size === named.length
  if (role === 'getter') return { how: 'none' }
  if (params.every(({ type }) => type === 'Identifier')) {
    const exact = named.length > 0 && isStrict(parsed, code)
    if (
      !arrow &&
      (exact || uses.has('arguments') || hasDirectives(code) || !distinct || seesEval(parsed, code))
    )
      return { how: 'arguments' }
    if (role === 'setter') return { how: 'none' }
    // A function that says 'use strict' itself may not have a rest.
    return hasDirectives(code) || !distinct ? { how: 'impossible' } : { how: 'rest', named }
  }
  if (
    last?.type === 'RestElement' &&
    last.argument.type === 'Identifier' &&
    named.length === params.length - 1
  )
    return { how: 'own-rest', named, rest: last.argument.name }
  if (!arrow && (role === 'setter' || node.generator || params.every(isInert) || uses.has('arguments')))
    return { how: 'arguments' }
  if (redeclares(parsed, code) || seesEval(parsed, code))
    return arrow ? { how: 'impossible' } : { how: 'arguments' }
  return { how: 'move' }
}

/** There `arguments` is an object of its own, and costs no more than a rest; elsewhere it is tied to the parameters. */
const isStrict = (parsed: ParsedModule, { node }: FunctionCode) =>
  parsed.scopes.acquire(node as Parameters<typeof parsed.scopes.acquire>[0], true)?.isStrict ?? false

const nameOf = (node: AnyNode) => (node.type === 'Identifier' ? node.name : '')

/** Evaluating it can neither fail nor be noticed. */
function isInert(param: Pattern): boolean {
  if (param.type === 'Identifier') return true
  if (param.type === 'RestElement') return param.argument.type === 'Identifier'
  return (
    param.type === 'AssignmentPattern' && param.left.type === 'Identifier' && param.right.type === 'Literal'
  )
}

function hasDirectives({ node: { body } }: FunctionCode): boolean {
  return (
    body.type === 'BlockStatement' &&
    body.body.some(statement => 'directive' in statement && statement.directive)
  )
}

/** Whether its body declares what its parameters name or use: there it would be something else. */
function redeclares(parsed: ParsedModule, { node }: FunctionCode): boolean {
  const { body, params } = node
  const scope = parsed.scopes.acquire(node as Parameters<typeof parsed.scopes.acquire>[0], true)
  const declared = new Set(
    scope?.variables
      .filter(({ defs }) => defs.some(({ name }) => startOf(name) >= body.start))
      .map(({ name }) => name),
  )
  if (declared.size === 0) return false
  const from = params[0]?.start ?? body.start
  return (
    scope?.variables.some(
      ({ name, defs }) => declared.has(name) && defs.some(({ type }) => type === 'Parameter'),
    ) ||
    parsed.references.some(
      ({ identifier }) =>
        startOf(identifier) >= from && startOf(identifier) < body.start && declared.has(identifier.name),
    )
  )
}

/** A string that is run as code inside it may use whatever stands around. */
export function seesEval(parsed: ParsedModule, { node }: FunctionCode): boolean {
  const scope = parsed.scopes.acquire(node as Parameters<typeof parsed.scopes.acquire>[0], true)
  return (scope?.through ?? []).some(
    ({ identifier, resolved }) => resolved === null && identifier.name === 'eval',
  )
}

function addRest(parsed: ParsedModule, { node }: FunctionCode, names: Names, edit: MagicString): void {
  const [first] = node.params
  const last = node.params.at(-1)
  const rest = `...${names.rest}`
  if (first === undefined || last === undefined) {
    edit.appendLeft(afterParenthesis(parsed, node), rest)
  } else if (tokenAt(parsed, node.start, first.start, '(')) {
    const comma = commaAfter(parsed, last.end)
    edit.appendLeft(comma?.end ?? last.end, comma ? rest : `,${rest}`)
  } else {
    edit.prependRight(first.start, '(')
    edit.appendLeft(last.end, `,${rest})`)
  }
}
