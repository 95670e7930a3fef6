import type { AnyNode, CallExpression, Expression, MemberExpression, Property } from 'acorn'

/** The name of all that a CommonJS module exports, as one value. */
export const WHOLE = '*'

/** How a unit of a CommonJS module exports something. */
export type Exporting =
  /** `exports.x = value`, `module.exports = value`. */
  | { how: 'assigned'; value: AnyNode }
  /** A property of `module.exports = { … }`, or of `Object.assign(module.exports, { … })`. */
  | { how: 'listed'; property: Property; value: AnyNode }
  /** `Object.defineProperty(exports, 'x', …)`. */
  | { how: 'described'; passed: { variable: string; name: string } | null }
  /** `__exportStar(require('./x'), exports)`: everything that another module exports. */
  | { how: 'passed-on'; request: string }

/** What an expression at the top of a CommonJS module stands for: an export, or {@link WHOLE}; `null` for anything else. */
export function exportOf(node: AnyNode): string | null {
  if (isWhole(node)) return WHOLE
  return node.type === 'MemberExpression' && isWhole(node.object) ? propertyName(node) : null
}

/** `exports`, `module.exports`, and `this`. */
function isWhole(node: AnyNode): boolean {
  if (node.type === 'ThisExpression') return true
  return node.type === 'Identifier' ? node.name === 'exports' : isModuleExports(node)
}

export function isModuleExports(node: AnyNode): node is MemberExpression {
  return (
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    node.object.name === 'module' &&
    propertyName(node) === 'exports'
  )
}

/** The name of a property that is read or written; `null` where it is computed. */
export function propertyName({ property, computed }: MemberExpression): string | null {
  if (property.type === 'Identifier' && !computed) return property.name
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : null
}

/** The names of the exports that an expression sets, and how; `null` for any other expression. */
export function exportsIn(expression: Expression): { names: string[]; exporting: Exporting }[] | null {
  if (expression.type === 'CallExpression') return exportsByCall(expression)
  const names = assignedExports(expression)
  if (names === null) return null
  const value = lastValue(expression)
  // `exports.a = exports.b = void 0`, as compilers write it, so that every name is there from the beginning.
  if (isVoid(value)) return []
  const listed = names.length === 1 && names[0] === WHOLE ? listedIn(value) : null
  return listed ?? [{ names, exporting: { how: 'assigned', value } }]
}

/** Which exports an assignment sets, chains of them included: `exports = module.exports = …`. */
export function assignedExports(expression: AnyNode): string[] | null {
  if (expression.type !== 'AssignmentExpression' || expression.operator !== '=') return null
  const more = assignedExports(expression.right)
  const { left } = expression
  // The variable itself is nothing that others see.
  if (left.type === 'Identifier' && left.name === 'exports') return more
  const name = exportOf(left)
  return name === null ? null : [name, ...(more ?? [])]
}

function lastValue(expression: Expression): Expression {
  return expression.type === 'AssignmentExpression' ? lastValue(expression.right) : expression
}

const isVoid = (node: Expression) =>
  node.type === 'UnaryExpression' && node.operator === 'void' && node.argument.type === 'Literal'

/** Each property of an object by itself; `null` where that would not be the same. */
function listedIn(node: AnyNode): { names: string[]; exporting: Exporting }[] | null {
  if (node.type !== 'ObjectExpression') return null
  const listed: { names: string[]; exporting: Exporting }[] = []
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init') return null
    const { key, value } = property
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null
    if (name === null || name === '__proto__') return null
    listed.push({ names: [name], exporting: { how: 'listed', property, value } })
  }
  return listed
}

function exportsByCall(call: CallExpression): { names: string[]; exporting: Exporting }[] | null {
  const { callee, arguments: args } = call
  const [first, second, third, fourth] = args
  if (first === undefined || second === undefined || fourth !== undefined) return null
  if (callee.type === 'Identifier' && callee.name === '__exportStar' && exportOf(second) === WHOLE) {
    const request = requestedBy(first)
    return request === null ? null : [{ names: [], exporting: { how: 'passed-on', request } }]
  }
  const method = methodOfObject(callee)
  if (exportOf(first) !== WHOLE || method === null) return null
  if (method === 'assign' && third === undefined) return listedIn(second)
  if (method !== 'defineProperty' || second.type !== 'Literal' || typeof second.value !== 'string')
    return null
  return [{ names: [second.value], exporting: { how: 'described', passed: third ? passedBy(third) : null } }]
}

/** `assign` of `Object.assign`. */
function methodOfObject(callee: AnyNode): string | null {
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return null
  return callee.object.name === 'Object' ? propertyName(callee) : null
}

/** Methods of `Object` that write into the first thing they are given. */
const FILLING = new Set(['assign', 'defineProperty', 'defineProperties', 'setPrototypeOf'])

/** Whether a function that is called writes into its first argument: `Object.assign`. */
export function isFilling(callee: AnyNode): boolean {
  const method = methodOfObject(callee)
  return method !== null && FILLING.has(method)
}

/** What `require('x')` asks for. */
export function requestedBy(node: AnyNode): string | null {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return null
  const [first] = node.arguments
  if (node.callee.name !== 'require' || first?.type !== 'Literal') return null
  return typeof first.value === 'string' ? first.value : null
}

/** Of `{ enumerable: true, get: function () { return a.b } }`: `b` of `a`. */
function passedBy(descriptor: AnyNode): { variable: string; name: string } | null {
  if (descriptor.type !== 'ObjectExpression') return null
  const getter = descriptor.properties.find(
    property =>
      property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === 'get',
  )
  const made = getter?.type === 'Property' && getter.value.type === 'FunctionExpression' ? getter.value : null
  const statement = made?.body.body[0]
  const value = statement?.type === 'ReturnStatement' ? statement.argument : null
  if (value?.type !== 'MemberExpression' || value.object.type !== 'Identifier') return null
  const name = propertyName(value)
  return name === null ? null : { variable: value.object.name, name }
}
