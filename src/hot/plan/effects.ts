import { EventEmitter } from 'node:events'
import type { AnyNode, CallExpression, NewExpression } from 'acorn'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { CALLERS, HARMLESS, KEEPERS, MAKERS, TELLERS, tagOf, WRITERS } from './harmless.ts'
import { type Root, rootIn } from './roots.ts'

/** Code that has been evaluated. */
export interface Evaluated {
  model: Model
  /** Without the functions inside it: of those that ran each is looked at by itself. */
  node: AnyNode
  /** Variables that it was to set. */
  names: string[]
  /** What a variable of its module holds now, an import included. */
  value(name: string): unknown
  /** Whether a variable is imported from a package, or from Node.js. */
  isOutside(name: string): boolean
  /** Only what has given something away that may be called later: what it has made itself is made anew with it. */
  onlyGiven?: boolean
  /** Whether what runs here was given something that sends events, and that stays: what it listens to may be that. */
  onEmitter?: boolean
  /** Whether a variable is made anew as well. */
  isRemade?(name: string): boolean
}

/** What an evaluation has done that outlasts it, in words, as far as its text and the values tell; `null` where it only made values. */
export function effectOf(evaluated: Evaluated): { offset: number; what: string } | null {
  let found: { offset: number; what: string } | null = null
  walk(evaluated.node, (node, parent) => {
    if (found !== null) return false
    if (isLater(node, parent)) return false
    const what = effectAt(node, evaluated)
    if (what !== null) found = { offset: node.start, what }
    return found === null
  })
  return found
}

/** What does not run where it stands. */
const isLater = (node: AnyNode, parent: AnyNode | null) =>
  node.type === 'FunctionDeclaration' ||
  node.type === 'FunctionExpression' ||
  node.type === 'ArrowFunctionExpression' ||
  (parent?.type === 'PropertyDefinition' && !parent.static && parent.value === node)

function effectAt(node: AnyNode, evaluated: Evaluated): string | null {
  switch (node.type) {
    case 'AssignmentExpression':
      return evaluated.onlyGiven ? null : writes(node.left, evaluated)
    case 'UpdateExpression':
      return evaluated.onlyGiven ? null : writes(node.argument, evaluated)
    case 'UnaryExpression':
      return !evaluated.onlyGiven && node.operator === 'delete' ? writes(node.argument, evaluated) : null
    case 'CallExpression':
    case 'NewExpression':
      return calls(node, evaluated) ?? (evaluated.onlyGiven ? hooksInto(node, evaluated) : null)
    default:
      return null
  }
}

/** Whether a package gets something that sends events, and that stays: it may have begun to listen. */
function hooksInto(node: CallExpression | NewExpression, evaluated: Evaluated): string | null {
  const root = rootIn(evaluated.model, node.callee)
  if (root.kind !== 'top' || !evaluated.isOutside(root.name)) return null
  const given = emitterGiven(node, evaluated)
  return given === null ? null : `gives \`${given}\` to \`${root.name}\`, which may listen to it`
}

/** Whether a function of the application gets something that sends events, and that stays. */
export function givesEmitter(evaluated: Evaluated): boolean {
  let found = false
  walk(evaluated.node, (node, parent) => {
    if (found || isLater(node, parent)) return false
    if (node.type === 'CallExpression' || node.type === 'NewExpression')
      found = emitterGiven(node, evaluated) !== null
    return !found
  })
  return found
}

/** A variable with something that sends events, and that is not made anew, which a call is given; `null` where there is none. */
function emitterGiven(
  { arguments: given }: CallExpression | NewExpression,
  { model, value, isRemade }: Evaluated,
): string | null {
  let found: string | null = null
  const isSuch = (name: string) => isEmitter(value(name)) && !isRemade?.(name)
  for (const argument of given)
    walk(argument, (inner, parent) => {
      if (isLater(inner, parent)) return false
      if (inner.type !== 'Identifier') return true
      const root = rootIn(model, inner)
      if (root.kind === 'top' && isSuch(root.name)) found ??= root.name
      return true
    })
  return found
}

function isEmitter(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof EventEmitter || value instanceof EventTarget
}

function writes(target: AnyNode, { model, names }: Evaluated): string | null {
  const root = rootIn(model, target)
  if (root.kind === 'fresh' || root.kind === 'local' || names.includes(root.name)) return null
  if (root.kind === 'global' && (root.name === 'exports' || root.name === 'module')) return null
  return target.type === 'Identifier' ? `assigns \`${root.name}\`` : `writes into \`${root.name}\``
}

function calls(node: CallExpression | NewExpression, evaluated: Evaluated): string | null {
  const { callee } = node
  const { model, names } = evaluated
  if (callee.type === 'MemberExpression') {
    const root = rootIn(model, callee)
    const { property, computed } = callee
    const method = property.type === 'Identifier' && !computed ? property.name : '?'
    if (root.kind === 'fresh' || names.includes(root.name)) return null
    if (
      evaluated.onlyGiven &&
      ((root.kind === 'local' && !evaluated.onEmitter) ||
        !(KEEPERS.has(method) && gives(node, evaluated, true)))
    )
      return null
    return callsMethod(node, root, method, isDirect(callee.object), evaluated)
  }
  const root = rootIn(model, callee)
  if (root.kind === 'fresh' || root.kind === 'local' || evaluated.onlyGiven) return null
  // What functions of the application do is looked at where they ran.
  if (root.kind === 'global' ? MAKERS.has(root.name) : !evaluated.isOutside(root.name)) return null
  return gives(node, evaluated) ? `gives something of its own to \`${root.name}\`` : null
}

/** `a.b()`, in contrast to `a.c.b()`. */
const isDirect = (object: AnyNode) => object.type === 'Identifier' || object.type === 'ThisExpression'

function callsMethod(
  node: CallExpression | NewExpression,
  root: Exclude<Root, { kind: 'fresh' }>,
  method: string,
  direct: boolean,
  evaluated: Evaluated,
): string | null {
  const { model, value, isOutside } = evaluated
  const what = `calls \`${root.name}.${method}()\``
  switch (root.kind) {
    case 'local':
      return KEEPERS.has(method) ? what : null
    case 'global': {
      if (WRITERS.has(method) && MAKERS.has(root.name)) {
        const [first] = node.arguments
        return first ? writes(first, evaluated) : null
      }
      if (MAKERS.has(root.name)) return null
      return root.name === 'process' && (TELLERS.has(method) || !direct) ? null : what
    }
    case 'top': {
      const held = value(root.name)
      if (!isOutside(root.name) && model.imports.get(root.name)?.name === '*') return null
      if (isLibrary(held))
        return isOutside(root.name) && gives(node, evaluated) && !CALLERS.has(method) ? what : null
      if ((typeof held !== 'object' && typeof held !== 'function') || held === null) return null
      return HARMLESS[tagOf(held)]?.has(method) ? null : what
    }
    default: {
      const unreachable: never = root
      throw new Error(`unknown root ${JSON.stringify(unreachable)}`)
    }
  }
}

/** A function or class, or an object of functions: what is called of it is no method of something that lives. */
function isLibrary(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Whether a call hands over a function, or something that lives: who gets it may keep it. */
function gives(node: CallExpression | NewExpression, evaluated: Evaluated, unknown = false): boolean {
  return node.arguments.some(argument => isGiven(argument, evaluated, unknown))
}

/** @param unknown what to think of a variable of a function. */
function isGiven(node: AnyNode, evaluated: Evaluated, unknown: boolean): boolean {
  switch (node.type) {
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'ClassExpression':
      return true
    case 'SpreadElement':
      return isGiven(node.argument, evaluated, unknown)
    case 'ArrayExpression':
      return node.elements.some(element => element !== null && isGiven(element, evaluated, unknown))
    case 'ObjectExpression':
      return node.properties.some(property =>
        isGiven(property.type === 'Property' ? property.value : property.argument, evaluated, unknown),
      )
    case 'ConditionalExpression':
      return isGiven(node.consequent, evaluated, unknown) || isGiven(node.alternate, evaluated, unknown)
    case 'Identifier': {
      const root = rootIn(evaluated.model, node)
      if (root.kind !== 'top') return unknown && root.kind === 'local'
      const value = evaluated.value(root.name)
      return typeof value === 'function' || (typeof value === 'object' && value !== null && !isData(value))
    }
    default:
      return false
  }
}

const isData = (value: object) =>
  Array.isArray(value) || Object.values(value).every(member => typeof member !== 'function')
    ? isLibrary(value) || Array.isArray(value)
    : false
