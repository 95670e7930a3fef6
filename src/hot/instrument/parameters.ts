import type { AnyNode, Pattern } from 'acorn'
import type MagicString from 'magic-string'
import type { FunctionCode } from '../syntax/code.ts'
import { indexOfToken, type ParsedModule, startOf } from '../syntax/parse.ts'
import type { Names } from './names.ts'

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
    case 'own-rest':
      return { how: 'expression', text: `[${[...plan.named, `...${plan.rest}`].join(',')}]` }
    case 'rest': {
      addRest(parsed, code, names, edit)
      return { how: 'expression', text: `[${[...plan.named, `...${names.rest}`].join(',')}]` }
    }
    case 'move':
      return { how: 'expression', text: move(parsed, code, names, edit, at) }
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
    if (!arrow && (uses.has('arguments') || hasDirectives(code) || !distinct || seesEval(parsed, code)))
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

/**
 * Parameters that take a value apart, or have a default, become statements of the body. From the first default on none counts for `length`:
 * those are elements of the rest. Line ends stay in their order, so that each line of the body keeps its number.
 */
function move(
  parsed: ParsedModule,
  { node }: FunctionCode,
  names: Names,
  edit: MagicString,
  at: number,
): string {
  const { params } = node
  for (const param of params) {
    const comma = commaAfter(parsed, param.end)
    if (comma) edit.remove(comma.start, comma.end)
  }
  const firstDefault = params.findIndex(({ type }) => type === 'AssignmentPattern' || type === 'RestElement')
  const counted = firstDefault === -1 ? params : params.slice(0, firstDefault)
  const rest = firstDefault === -1 ? [] : params.slice(firstDefault)
  const passed = counted.map((param, index) => {
    if (param.type === 'Identifier') {
      edit.appendLeft(param.end, ',')
      return param.name
    }
    const name = names.parameter(index)
    edit.appendLeft(param.start, `${name},`)
    moveTo(edit, param, at, 'let ', `=${name};`)
    return name
  })
  const end = rest[0]?.start ?? params.at(-1)?.end ?? at
  const list = `...${names.rest}`
  // What a moved parameter has behind it would go with it.
  if (rest.length === 0 && counted.at(-1)?.type !== 'Identifier') edit.prependRight(end, list)
  else edit.appendLeft(end, list)
  rest.forEach((param, index) => {
    if (param.type === 'RestElement') {
      edit.remove(param.start, param.argument.start)
      moveTo(edit, param, at, 'let ', `=${names.rest}.slice(${index});`)
    } else moveTo(edit, param, at, `let {${index}:`, `}=${names.rest};`)
  })
  return `[${[...passed, list].join(',')}]`
}

function moveTo(edit: MagicString, { start, end }: AnyNode, at: number, before: string, after: string): void {
  edit.prependRight(start, before)
  edit.appendLeft(end, after)
  edit.move(start, end, at)
}

interface TokenRange {
  start: number
  end: number
}

const isText = ({ text }: ParsedModule, { start, end }: TokenRange, wanted: string) =>
  text.slice(start, end) === wanted

function commaAfter(parsed: ParsedModule, offset: number): TokenRange | null {
  const token = parsed.tokens[indexOfToken(parsed, offset)]
  return token && isText(parsed, token, ',') ? token : null
}

function tokenAt(parsed: ParsedModule, from: number, to: number, wanted: string): TokenRange | null {
  for (let index = indexOfToken(parsed, from); ; index += 1) {
    const token = parsed.tokens[index]
    if (token === undefined || token.start >= to) return null
    if (isText(parsed, token, wanted)) return token
  }
}
