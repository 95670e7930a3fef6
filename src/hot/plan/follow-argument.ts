import type { AnyNode, CallExpression, NewExpression, Pattern } from 'acorn'
import { isFilling, propertyName } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import type { Path, Way } from './follow-path.ts'
import { lookedAtBy, takeLooped } from './follow-result.ts'
import { type Argument, type Destination, type Following, leaveAt, note, noteCompared } from './following.ts'
import { declaredWith, isFunction, takesArguments } from './text-index.ts'

/** Hands something to a function. */
export function followArgument(
  into: Following,
  call: CallExpression | NewExpression,
  argument: AnyNode,
  path: Way,
): void {
  const leave = (more: Path, to: Destination | null) => leaveAt(into, argument, [...path, ...more], to)
  const looked = lookedAtBy(call.callee)
  const place = call.arguments.indexOf(argument as (typeof call.arguments)[number])
  const isPlaced = !call.arguments.slice(0, place).some(({ type }) => type === 'SpreadElement')
  if (place === 0 && looksFor(call.callee)) noteCompared(into, argument, path)
  const settling = place === 0 ? settledBy(call.callee, path) : null
  if (settling) {
    note(into, call, settling)
    into.follow(call, settling)
  } else if (isFilling(call.callee) && place === 0) {
    // It gives what it has written into.
    note(into, call, path)
    into.follow(call, path)
  } else if (looked === 'takes-parts') {
    followParts(into, call, path, leave)
  } else if (looked === null) {
    const called = call.type === 'CallExpression' ? localFunction(into, call.callee) : null
    const parameter = called && parameterAt(into.model, called, place)
    if (!isPlaced || (called && parameter === null)) leave([], null)
    else if (called === null || parameter === null) leave([], argumentOf(into, call, place))
    else if (parameter !== 'none') into.take(parameter, path)
  }
}

/** Methods that look for what they are given. */
const LOOKING_FOR = new Set(['has', 'get', 'delete', 'includes', 'indexOf', 'lastIndexOf'])

const looksFor = (callee: AnyNode) =>
  callee.type === 'MemberExpression' && LOOKING_FOR.has(propertyName(callee) ?? '')

/** What `Promise.all(x)` gives is as `x` is, and so on; `null` for what is no such call. */
function settledBy(callee: AnyNode, way: Way): Way | null {
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return null
  if (callee.object.name !== 'Promise') return null
  const last = way.at(-1)
  switch (propertyName(callee)) {
    case 'all':
    case 'resolve':
      return way
    case 'any':
    case 'race':
      return [...way, null]
    case 'allSettled':
      return last === undefined ? null : [...way.slice(0, -1), { in: 'value' }, last]
    default:
      return null
  }
}

/** Globals that call a function later, and how many arguments of theirs come before those that they give it. */
const LATER: Record<string, number> = { setTimeout: 2, setInterval: 2, setImmediate: 1, nextTick: 1 }

/** Which function is given it: that which is called, or one that is called by way of that. */
function argumentOf({ index }: Following, call: CallExpression | NewExpression, place: number): Argument {
  const { callee } = call
  if (call.type === 'NewExpression') return { kind: 'argument', callee, place, how: 'constructed' }
  const isMember = callee.type === 'MemberExpression'
  const name = isMember ? propertyName(callee) : callee.type === 'Identifier' ? callee.name : null
  if (isMember && (name === 'bind' || name === 'call')) {
    const how = name === 'bind' ? 'later' : 'called'
    return { kind: 'argument', callee: callee.object, place: place === 0 ? 'this' : place - 1, how }
  }
  const [first] = call.arguments
  const before = name !== null && Object.hasOwn(LATER, name) ? LATER[name] : undefined
  const isOwn = callee.type === 'Identifier' && index.variables.has(callee.start)
  if (first && before !== undefined && place >= before && !isOwn)
    return { kind: 'argument', callee: first, place: place - before, how: 'later' }
  return { kind: 'argument', callee, place, how: 'called' }
}

/** `Object.values(x)` in a loop; elsewhere its parts go on. */
function followParts(
  into: Following,
  call: CallExpression | NewExpression,
  path: Way,
  leave: (more: Path, to: null) => void,
): void {
  const loop = into.index.parents.get(call)
  const name = call.callee.type === 'MemberExpression' ? propertyName(call.callee) : null
  const isLooped = loop?.type === 'ForOfStatement' && loop.right === call
  if (!isLooped || (name !== 'values' && name !== 'entries') || !takeLooped(into, loop, name, path))
    leave([null], null)
}

/** Where an argument arrives: `none` where the function does not take it, `null` where that is not known. */
export function parameterAt(model: Model, called: FunctionSyntax, place: number): Pattern | 'none' | null {
  const parameter = called.params[place]
  const isRest = called.params.at(-1)?.type === 'RestElement' && place >= called.params.length - 1
  return isRest || takesArguments(model, called) ? null : (parameter ?? 'none')
}

function localFunction({ index }: Following, callee: AnyNode): FunctionSyntax | null {
  if (isFunction(callee)) return callee
  const variable = callee.type === 'Identifier' ? index.variables.get(callee.start) : undefined
  const declared = variable ? declaredWith(variable) : null
  return declared !== null && isFunction(declared) ? declared : null
}
