import type { ArrowFunctionExpression, BlockStatement } from 'acorn'
import type MagicString from 'magic-string'
import { type Capture, capturesOf, outermost } from '../syntax/captures.ts'
import type { ClassCode, Code, FunctionCode } from '../syntax/code.ts'
import { indexOfToken, type ParsedModule } from '../syntax/parse.ts'
import { doorText, type Names } from './names.ts'
import {
  afterParenthesis,
  canPassOn,
  movesParameters,
  passedAtLeast,
  seesEval,
  takeArguments,
} from './parameters.ts'

/** How a function finds its successor. */
export type Following =
  /** The successor is a function of the module's scope. */
  | ({ how: 'directly' } & Told)
  /** What is found makes the successor of this one function, from `this` and what that captures. */
  | ({ how: 'by-factory'; captures: Capture[] } & Passed & Told)
  /** It never asks: its code counts as that of the function around it. */
  | { how: 'not' }

/** What a successor can tell of the call. */
interface Told {
  /** How many arguments it is passed at least, whether they were given or not; without it, those that were. */
  atLeast?: number
}

/** What a function passes on beside the variables that it captures. */
export interface Passed {
  usesThis: boolean
  usesArguments: boolean
  usesNewTarget: boolean
  usesSuper: boolean
}

/** How a function or the constructor of a class finds its successor. */
export function followingOf(parsed: ParsedModule, code: Code): Following {
  if (code.kind === 'class') return code.constructorCode ? { how: 'not' } : { how: 'directly' }
  const { role, uses, within } = code
  const inside = role === 'arrow' && within !== null
  if (inside && uses.has('super()')) return { how: 'not' }
  // A parenthesis at its beginning would go on with the line before.
  if (code.isStatement) return { how: 'not' }
  if (!canPassOn(parsed, code)) return { how: 'not' }
  if (within !== null && seesEval(parsed, code)) return { how: 'not' }
  const atLeast = passedAtLeast(parsed, code)
  const told: Told = atLeast > 0 ? { atLeast } : {}
  if (role === 'constructor') return { how: 'directly', ...told }
  const captures = capturesOf(parsed, code)
  const passed: Passed = {
    usesThis: inside && uses.has('this'),
    usesArguments: inside && uses.has('arguments'),
    usesNewTarget: inside && uses.has('new.target'),
    usesSuper: uses.has('super') && (captures.length > 0 || !isMember(code)),
  }
  if (captures.length === 0 && !Object.values(passed).includes(true)) return { how: 'directly', ...told }
  return { how: 'by-factory', captures, ...passed, ...told }
}

/** Whether what a function is a member of can be found: a class of the module's scope. */
const isMember = (code: FunctionCode) => code.owner !== null && code.owner === outermost(code)

/** Has a function ask for its successor before it does anything else. */
export function followFunction(
  parsed: ParsedModule,
  code: FunctionCode,
  names: Names,
  edit: MagicString,
): void {
  const following = followingOf(parsed, code)
  if (following.how === 'not' || keepsFunctionsBefore(parsed, code))
    edit.appendLeft(afterParenthesis(parsed, code.node), markOf(code, names))
  if (following.how === 'not') return
  const { node } = code
  const expression = node.body.type === 'BlockStatement' ? null : (node as ArrowFunctionExpression)
  const at = expression ? arrowEnd(parsed, expression) : bodyStart(node.body as BlockStatement)
  const list = takeArguments(parsed, code, names, edit, at)
  if (list.how === 'impossible') return
  const target = following.how === 'directly' ? names.slot(code.slot) : made(code, following, names)
  // Stack traces go on through what is awaited, not through what is only passed on.
  const wait = node.async && !node.generator ? 'await ' : ''
  const check = `if(${asked(code.slot, names)})return ${wait}${call(code, target, list.text, names)};`
  // A directive ends where its line ends, if it has no semicolon.
  const gap = expression || parsed.text[at - 1] === '{' || parsed.text[at - 1] === ';' ? '' : ';'
  edit.appendLeft(at, `${expression ? '{' : gap}${check}`)
  if (expression) {
    edit.prependRight(at, 'return(')
    edit.appendLeft(node.end, ')}')
  }
}

/** The first thing of this kind in the text of a closure tells whose it is. */
const markOf = ({ slot }: Code, names: Names) => `/*${names.note}(${slot})*/`

/** Whether functions stand before its body, which would be taken for it. */
function keepsFunctionsBefore(parsed: ParsedModule, code: FunctionCode): boolean {
  const before = code.inner.some(({ node }) => node.end <= code.node.body.start)
  return before && !movesParameters(parsed, code)
}

/**
 * Gives a class without a constructor the one that the language would give it, which asks for its successor; and a door to a class of the
 * module's scope, to find it by and for its private names.
 */
export function followClass(code: ClassCode, names: Names, edit: MagicString, door: boolean): void {
  edit.appendLeft(code.node.start + 'class'.length, markOf(code, names))
  if (door)
    edit.appendLeft(code.node.body.start + 1, `static{${names.classDoor(code.slot)}=${doorText(names)}}`)
  if (code.constructorCode) return
  const call = `return ${names.follow}(${names.slot(code.slot)},void 0,${names.rest},new.target);`
  const inherited = code.node.superClass ? `super(...${names.rest})` : ''
  const check = `if(${asked(code.slot, names)})${call}`
  edit.appendLeft(code.node.body.start + 1, `constructor(...${names.rest}){${check}${inherited}}`)
}

/** One inside a function is made again and again: it has no door. */
export const hasClassDoor = ({ within }: ClassCode): boolean => within === null

function asked(slot: number, names: Names): string {
  const variable = names.slot(slot)
  return `${variable}!==0&&(${variable}||${names.note}(${slot}))`
}

function made(
  code: FunctionCode,
  following: Extract<Following, { how: 'by-factory' }>,
  names: Names,
): string {
  const passed = following.captures.map(({ name, changes }) =>
    changes ? `{get $(){return ${name}},set $(${names.value}){${name}=${names.value}}}` : name,
  )
  if (following.usesArguments) passed.push('arguments')
  if (following.usesNewTarget) passed.push('new.target')
  if (following.usesSuper) passed.push('(k,v,s)=>s?super[k]=v:super[k]')
  const variable = names.slot(code.slot)
  return following.usesThis
    ? `${variable}.call(${['this', ...passed].join(',')})`
    : `${variable}(${passed.join(',')})`
}

function call({ node, role }: FunctionCode, target: string, list: string, names: Names): string {
  if (role === 'arrow') return `${target}(${list.startsWith('[') ? list.slice(1, -1) : `...${list}`})`
  if (node.generator) return `yield*${names.follow}(${target},this,${list})`
  if (role === 'constructor') return `${names.follow}(${target},void 0,${list},new.target)`
  if (role === 'function' && !node.async) return `${names.follow}(${target},this,${list},new.target)`
  return `${names.follow}(${target},this,${list})`
}

function arrowEnd(parsed: ParsedModule, node: ArrowFunctionExpression): number {
  const after = node.params.at(-1)?.end ?? node.start
  for (let index = indexOfToken(parsed, after); ; index += 1) {
    const token = parsed.tokens[index]
    if (token === undefined) throw new Error('an arrow function without an arrow')
    if (parsed.text.slice(token.start, token.end) === '=>') return token.end
  }
}

function bodyStart(body: BlockStatement): number {
  const directives = body.body.filter(
    statement => 'directive' in statement && statement.directive !== undefined,
  )
  return directives.at(-1)?.end ?? body.start + 1
}
