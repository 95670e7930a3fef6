import { METHODS } from 'node:http'
import { isBuiltin } from 'node:module'
import type { AnyNode, CallExpression } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import { requestedBy } from '../model/exports.ts'
import type { Model } from '../model/model.ts'
import { isInert } from '../syntax/statements.ts'
import { unitsOf } from './find-units.ts'
import { isMounted, type Layer } from './layers.ts'
import { type Read, readsOf } from './reads.ts'
import { requireOf } from './requires.ts'
import { rootIn } from './roots.ts'
import { initialiserOf } from './slices.ts'
import { indexOf, isFunction } from './text-index.ts'

const ROUTES = new Set([...METHODS.map(method => method.toLowerCase()), 'all'])
/** These make no layer. */
const OTHERS = new Set('set enable disable engine on once emit listen param'.split(' '))

interface Call {
  root: string
  method: string
  given: CallExpression['arguments']
}

/** `router.get(…)`, or `router.route(…)` of `router.route(…).get(…)`. */
export function callIn({ unit: { kind, node } }: UnitPiece): Call | null {
  let call: AnyNode | null = kind === 'effect' && node.type === 'ExpressionStatement' ? node.expression : null
  let chained = false
  while (call?.type === 'CallExpression' && call.callee.type === 'MemberExpression') {
    const { property, computed } = call.callee
    const object: AnyNode = call.callee.object
    const method = property.type === 'Identifier' && !computed ? property.name : '?'
    if (object.type === 'Identifier')
      return chained && method !== 'route' ? null : { root: object.name, method, given: call.arguments }
    call = object
    chained = true
  }
  return null
}

const isRoute = ({ method, given }: Call) => method === 'route' || (ROUTES.has(method) && given.length > 1)

/** Whether a statement does nothing but put layers into a variable. */
export function isLayering(unit: UnitPiece, root: string): boolean {
  const call = callIn(unit)
  return call?.root === root && (call.method === 'use' || isRoute(call))
}

/** Settings that are asked for when a request comes, or a page is made. */
const SETTINGS = new Set(
  [
    'trust proxy',
    'x-powered-by',
    'etag',
    'json spaces',
    'json escape',
    'json replacer',
    'query parser',
  ].concat(['view engine', 'views']),
)

/** Whether a new statement may put layers into a variable where it stands, and does nothing else that depends on where that is. */
export function mayLayer(model: Model, unit: UnitPiece, root: string): boolean {
  const call = callIn(unit)
  if (call?.root !== root || isRoute(call) || call.method === 'use')
    return call?.root === root || touches(model, unit, root)
  const [name] = call.given
  return (
    /^(?:set|enable|disable)$/.test(call.method) &&
    name?.type === 'Literal' &&
    SETTINGS.has(String(name.value))
  )
}

/** Whether a statement may put layers into a variable, in ways that its text does not tell: under a condition, or in a function. */
export function touches(model: Model, unit: UnitPiece, root: string): boolean {
  const { kind } = unit.unit
  if (kind === 'export' || kind === 'definition') return false
  const initialiser = initialiserOf(unit)
  if (kind === 'variable' && (initialiser === null || isInert(initialiser))) return false
  return readsOf(model, unit).some(read => isUseOf(read, root) && !isGivenToNode(model, read.node))
}

/** Whether it is an argument of something of Node.js itself: `createServer(app)`. */
function isGivenToNode(model: Model, node: AnyNode): boolean {
  const call = indexOf(model).parents.get(node)
  if (call?.type !== 'CallExpression' || call.callee === node) return false
  const callee = call.callee.type === 'SequenceExpression' ? call.callee.expressions.at(-1) : call.callee
  const root = callee && rootIn(model, callee)
  const request = root?.kind === 'top' ? requestFor(model, root.name) : null
  return request !== null && isBuiltin(request)
}

/** From where a variable comes, or what it has been taken from. */
function requestFor(model: Model, name: string): string | null {
  const imported = model.imports.get(name)?.request ?? requireOf(model, name)?.request
  if (imported !== undefined) return imported
  for (const { unit } of unitsOf(model))
    if (unit.names.includes(name) && unit.node.type === 'VariableDeclarator' && unit.node.init)
      return requestedBy(unit.node.init)
  return null
}

/** What layers a statement may have made that only calls what it puts them into: under a condition, say; `null` for any others. */
export function shapesIn(model: Model, unit: UnitPiece, root: string): ((layer: Layer) => boolean) | null {
  const { parents } = indexOf(model)
  const shapes = readsOf(model, unit)
    .filter(read => isUseOf(read, root))
    .map(read => {
      const isCalled = read.path.length === 1 && read.end === 'called'
      const call = isCalled ? parents.get(parents.get(read.node) ?? read.node) : null
      if (call?.type !== 'CallExpression') return null
      if (read.path[0] === 'use') return isUsed
      const isRouted = ROUTES.has(read.path[0] ?? '') || read.path[0] === 'route'
      return isRouted ? (layer: Layer) => isRouteTo(layer, null) : null
    })
  return shapes.includes(null) ? null : layer => shapes.some(fits => fits?.(layer))
}

export const isUseOf = (read: Read, root: string): boolean =>
  read.of === 'variable' && read.name === root && read.end !== 'assigned' && read.end !== 'ignored'

/** What an expression is worth that is no more than a variable, or a property of one. */
export type ValueOf = (node: AnyNode) => { value: unknown } | null

/** Whether a layer is one of those that a statement has made; `null` for a statement of which that cannot be told. */
export function expectedOf(call: Call, worthOf: ValueOf): ((layer: Layer) => boolean)[] | null {
  if (isRoute(call)) {
    const [path] = call.given
    const literal = path?.type === 'Literal' ? path.value : null
    return [layer => isRouteTo(layer, literal)]
  }
  if (call.method === 'use') return usedIn(call.given, worthOf)
  return OTHERS.has(call.method) || (ROUTES.has(call.method) && call.given.length === 1) ? [] : null
}

function isRouteTo({ route }: Layer, path: unknown): boolean {
  if (typeof route !== 'object' || route === null || !('path' in route)) return false
  return typeof path !== 'string' || route.path === path
}

function usedIn(given: CallExpression['arguments'], worthOf: ValueOf): ((layer: Layer) => boolean)[] | null {
  const expected: ((layer: Layer) => boolean)[] = []
  for (const [index, node] of given.entries()) {
    const isFirst = index === 0 && given.length > 1
    if (node.type === 'SpreadElement' || node.type === 'ArrayExpression') return null
    if (node.type === 'Literal' || node.type === 'TemplateLiteral') {
      if (isFirst) continue
      return null
    }
    const found = worthOf(node)
    if (isFirst && typeof found?.value === 'string') continue
    if (Array.isArray(found?.value) || (isFirst && found === null && !isFunction(node))) return null
    expected.push(
      layer => isUsed(layer) && (found === null || layer.handle === found.value || isMounted(layer)),
    )
  }
  return expected
}

const isUsed = ({ route }: Layer) => route === undefined || typeof route === 'string'
