import type { AnyNode, CallExpression, NewExpression } from 'acorn'
import { propertyName } from '../model/exports.ts'
import type { Way } from './follow-path.ts'
import { type Following, leaveAt, note } from './following.ts'
import { CALLERS, MAKERS } from './harmless.ts'
import { isFunction } from './text-index.ts'

/** Methods that give a part of what they are called on; and those that give something with the same parts. */
const GIVERS = new Set(['get', 'at', 'find', 'findLast', 'pop', 'shift'])
const COPIERS = new Set(
  'values entries filter slice concat flat toSorted toReversed toSpliced splice with sort reverse'.split(' '),
)

/** What a method gives, or gives to its callback, is a part of what it is called on. */
export function followResult(into: Following, call: CallExpression | NewExpression, path: Way): void {
  const method = path.at(-1)
  if (call.type !== 'CallExpression' || typeof method !== 'string') return
  const object = path.slice(0, -1)
  const part = [...object, null]
  if (GIVERS.has(method)) {
    note(into, call, part)
    into.follow(call, part)
  }
  if (COPIERS.has(method)) followCopy(into, call, method, object)
  const [callback] = call.arguments
  if (callback === undefined || !CALLERS.has(method) || !isFunction(callback)) return
  const given = callback.params[method.startsWith('reduce') ? 1 : 0]
  if (given) into.take(given, method === 'then' ? object : part)
}

/** What has the same parts: in a loop, or where only a method of it is called; elsewhere its parts go on. */
function followCopy(into: Following, call: CallExpression, method: string, object: Way): void {
  const around = into.index.parents.get(call)
  const next = methodCalled(into, call)
  if (around?.type === 'ForOfStatement' && around.right === call && takeLooped(into, around, method, object))
    return
  if (next !== null && (COPIERS.has(next.name) || GIVERS.has(next.name) || CALLERS.has(next.name)))
    followResult(into, next.call, [...object, next.name])
  else if (around?.type !== 'ExpressionStatement' && !isLookedAt(around, call))
    leaveAt(into, call, [...object, null], null)
}

/** Entries and values in a loop; `false` where the pattern does not take an entry apart. */
export function takeLooped(
  into: Following,
  { left }: { left: AnyNode },
  method: string | null,
  object: Way,
): boolean {
  const target = left.type === 'VariableDeclaration' ? left.declarations[0]?.id : left
  if (!target || (method === 'entries' && target.type !== 'ArrayPattern')) return false
  // The pattern of an entry takes it apart once more.
  into.take(target, method === 'entries' ? object : [...object, null])
  return true
}

/** What is called of what a call gives. */
function methodCalled({ index: { parents } }: Following, call: AnyNode) {
  const member = parents.get(call)
  if (member?.type !== 'MemberExpression' || member.object !== call) return null
  const outer = parents.get(member)
  const name = propertyName(member)
  return outer?.type === 'CallExpression' && outer.callee === member && name !== null
    ? { call: outer, name }
    : null
}

function isLookedAt(around: AnyNode | undefined, call: AnyNode): boolean {
  const name = around?.type === 'MemberExpression' && around.object === call ? propertyName(around) : null
  return name === 'length' || name === 'join' || name === 'includes'
}

/** Globals that only look at what they are given; and functions of `Object` and others that do. */
const LOOKING = new Set(
  (
    'JSON console Number String Boolean Math Intl isNaN isFinite parseInt parseFloat structuredClone BigInt URL Date RegExp Symbol Blob ' +
    'Headers URLSearchParams TextDecoder TextEncoder clearTimeout clearInterval clearImmediate'
  ).split(' '),
)
const LOOKING_METHODS = new Set(
  'keys is isArray isFrozen isSealed isExtensible hasOwn getOwnPropertyNames getOwnPropertySymbols getPrototypeOf has ownKeys byteLength hasOwnProperty propertyIsEnumerable isPrototypeOf'.split(
    ' ',
  ),
)
/** Those that give themselves what they are given, or keep it. */
const KEEPING = new Set(
  'Object Array Promise Proxy WeakRef Reflect setTimeout setInterval setImmediate queueMicrotask WeakMap WeakSet EventTarget FinalizationRegistry require'.split(
    ' ',
  ),
)
const PASSING_METHODS = new Set(['freeze', 'seal', 'preventExtensions', 'of', 'setPrototypeOf'])
/** Their methods make something else. */
const MAKING_ANEW = new Set(['Object', 'Array'])
const INDIRECT = new Set(['call', 'apply', 'bind'])

/** What a global does with what it is given: looks at it, or makes something of its parts; `null` for anything else. */
export function lookedAtBy(callee: AnyNode): 'looks' | 'takes-parts' | null {
  const root = rootOf(callee)
  if (root?.type !== 'Identifier' || !MAKERS.has(root.name)) return null
  if (LOOKING.has(root.name)) return 'looks'
  // `Object(x)` is `x`.
  if (callee.type !== 'MemberExpression') return KEEPING.has(root.name) ? null : 'takes-parts'
  const method = propertyName(callee)
  if (method === null) return null
  if (LOOKING_METHODS.has(method)) return 'looks'
  if (INDIRECT.has(method)) {
    const called = callee.object.type === 'MemberExpression' ? propertyName(callee.object) : null
    return called !== null && LOOKING_METHODS.has(called) ? 'looks' : null
  }
  return (KEEPING.has(root.name) && !MAKING_ANEW.has(root.name)) || PASSING_METHODS.has(method)
    ? null
    : 'takes-parts'
}

const rootOf = (node: AnyNode): AnyNode => (node.type === 'MemberExpression' ? rootOf(node.object) : node)
