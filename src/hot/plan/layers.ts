import { METHODS } from 'node:http'
import type { AnyNode, CallExpression } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { partsOf } from './as-declared.ts'
import { unitsOf } from './find-units.ts'
import type { Known } from './how-kept.ts'
import { heldBy } from './live-state.ts'
import type { WorldModule } from './world.ts'

/**
 * What asks a list of layers, in order, for each request: routers and applications of Express (4 and 5) and Connect. Their statements can come,
 * go, and change one by one: each has its own layers, which are put where it stands.
 *
 * What is relied on: `stack` is looked up when a request comes, and each of `use`, `get` and so on puts what it makes at its end.
 */
export interface Layered {
  layers: Layer[]
  set(layers: Layer[]): void
}

export interface Layer {
  handle: unknown
  name?: unknown
  /** Of Express, for `get` and so on; of Connect always a path. */
  route?: unknown
}

type Asked = ((...given: never[]) => unknown) & { stack: Layer[] }

export function layeredIn(value: unknown): Layered | null {
  if (typeof value !== 'function') return null
  const router = routerOf(value)
  if (!isAsked(router)) return null
  return {
    layers: router.stack,
    set: layers => {
      router.stack = layers
    },
  }
}

/** Express 4 has the router of an application as `_router`, Express 5 behind an accessor that may make it. */
function routerOf(value: object): unknown {
  const own = (name: string) => Object.getOwnPropertyDescriptor(value, name)
  if (own('stack')) return value
  const former = own('_router')
  if (former) return former.value
  const { get, configurable } = own('router') ?? {}
  return get && configurable && 'lazyrouter' in value === false ? get.call(value) : null
}

function isAsked(value: unknown): value is Asked {
  if (typeof value !== 'function') return false
  const { stack, use, handle } = value as unknown as Record<string, unknown>
  const isOwn = Object.getOwnPropertyDescriptor(value, 'stack')?.writable === true
  if (!isOwn || !Array.isArray(stack) || typeof use !== 'function' || typeof handle !== 'function')
    return false
  return stack.every(layer => typeof layer === 'object' && layer !== null && 'handle' in layer)
}

const ROUTES = new Set([...METHODS.map(method => method.toLowerCase()), 'all'])
/** These make no layer. */
const OTHERS = new Set('set enable disable engine on once emit listen param'.split(' '))

interface Call {
  root: string
  method: string
  given: CallExpression['arguments']
}

/** `router.get(…)`, or `router.route(…)` of `router.route(…).get(…)`. */
function callIn({ unit: { kind, node } }: UnitPiece): Call | null {
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

/** Whether a statement puts layers into a variable. */
export function isLayering(unit: UnitPiece, root: string): boolean {
  const call = callIn(unit)
  return call?.root === root && (call.method === 'use' || isRoute(call))
}

/** What an expression is worth that is no more than a variable, or a property of one. */
type ValueOf = (node: AnyNode) => { value: unknown } | null

/** Whether a layer is one of those that a statement has made; `null` for a statement of which that cannot be told. */
function expectedOf(call: Call, worthOf: ValueOf): ((layer: Layer) => boolean)[] | null {
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

export const isFunction = ({ type }: AnyNode) =>
  type === 'FunctionExpression' || type === 'ArrowFunctionExpression'
const isUsed = ({ route }: Layer) => route === undefined || typeof route === 'string'

/** What a layer calls. */
export function handlesIn({ handle, route }: Layer): unknown[] {
  const { stack } = (typeof route === 'object' && route !== null ? route : {}) as { stack?: unknown }
  return Array.isArray(stack) ? stack.map((layer: Layer) => layer.handle) : [handle]
}

/** The layer of another application, which has been told who uses it. */
export const isMounted = ({ name }: Layer): boolean => name === 'mounted_app'

/** What Express 4 begins with. */
const FIRST = ['query', 'expressInit']

/** What each statement of the running text has put into a variable: all that is there, or else `null`. */
export function layersOf(
  module: WorldModule,
  model: Model,
  root: string,
  known: Known,
): Map<UnitPiece, Layer[]> | null {
  const worthOf: ValueOf = node => valueIn(module, node, known)
  const expected: { unit: UnitPiece; fits: (layer: Layer) => boolean }[] = []
  for (const unit of unitsOf(model)) {
    const call = callIn(unit)
    if (call?.root !== root) continue
    const each = expectedOf(call, worthOf)
    if (each === null) return null
    expected.push(...each.map(fits => ({ unit, fits })))
  }
  // One without any may have no router yet, and asking for it would make it.
  const layered = expected.length === 0 ? null : layeredIn(known.value(module, root))
  if (layered === null) return null
  const layers = layered.layers.filter(({ name }, index) => index >= FIRST.length || name !== FIRST[index])
  if (layers.length !== expected.length) return null
  const found = new Map<UnitPiece, Layer[]>()
  for (const [index, { unit, fits }] of expected.entries()) {
    const layer = layers[index]
    if (!layer || !fits(layer)) return null
    found.set(unit, [...(found.get(unit) ?? []), layer])
  }
  return found
}

function valueIn(module: WorldModule, node: AnyNode, known: Known): { value: unknown } | null {
  const path: string[] = []
  let object = node
  while (object.type === 'MemberExpression' && !object.computed && object.property.type === 'Identifier') {
    path.unshift(object.property.name)
    object = object.object
  }
  if (object.type !== 'Identifier' || !module.before?.parsed.scope.set.has(object.name)) return null
  const [part, ...more] = partsOf(heldBy(module, object.name, known), path) ?? []
  return part === undefined || more.length > 0 ? null : { value: part }
}
