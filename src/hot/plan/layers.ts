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

/** What a layer calls. */
export function handlesIn({ handle, route }: Layer): unknown[] {
  const { stack } = (typeof route === 'object' && route !== null ? route : {}) as { stack?: unknown }
  return Array.isArray(stack) ? stack.map((layer: Layer) => layer.handle) : [handle]
}

/** The layer of another application, which has been told who uses it. */
export const isMounted = ({ name }: Layer): boolean => name === 'mounted_app'

/** What Express 4 begins with. */
const FIRST = ['query', 'expressInit']

/** The layers of statements. */
export const madeByStatements = ({ layers }: Layered): Layer[] =>
  layers.filter(({ name }, index) => index >= FIRST.length || name !== FIRST[index])
