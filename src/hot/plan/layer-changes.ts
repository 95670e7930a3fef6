import type { AnyNode, CallExpression, NewExpression } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import type { Decision, Relayered, World } from './decision.ts'
import { beforeOf } from './find-units.ts'
import { isLayering, mayLayer } from './layer-statements.ts'
import { handlesIn, isMounted } from './layers.ts'
import { readsOf } from './reads.ts'
import { requireOf } from './requires.ts'
import type { Running } from './running.ts'
import { isFunction } from './text-index.ts'
import { keyFor, type WorldModule } from './world.ts'

/** Notes that the layers of one statement change, and those of others do not; `false` where that cannot be done. */
export function relayer(
  world: World,
  module: WorldModule,
  unit: UnitPiece,
  root: string | null,
  decision: Decision,
): boolean {
  return root !== null && isLayering(unit, root) && relayerOf(world, module, root, decision)
}

/** The same for a new statement: what it puts there goes where it stands, however it does that. */
export function addLayers(
  world: World,
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  decision: Decision,
): boolean {
  const used = new Set(readsOf(model, unit).flatMap(read => (read.of === 'variable' ? [read.name] : [])))
  const roots = [...used].filter(
    name =>
      typeof world.known.value(module, name) === 'function' &&
      !model.imports.has(name) &&
      mayLayer(model, unit, name),
  )
  return roots.filter(root => relayerOf(world, module, root, decision)).length > 0
}

function relayerOf(
  world: World,
  module: WorldModule,
  root: string,
  { relayered, changes }: Decision,
): boolean {
  const key = keyFor(module, root)
  if (changes.values.has(key)) return false
  if (relayered.has(key)) return true
  const before = world.layersOf(module, root)
  if (before === null) return false
  relayered.set(key, { module, root, before })
  return true
}

/** The variable whose layers a statement is about, where those change one by one; `null` for any other statement. */
function relayeredBy(
  module: WorldModule,
  unit: UnitPiece,
  { relayered, changes }: Decision,
): Relayered | null {
  for (const [key, each] of relayered)
    if (each.module === module && isLayering(unit, each.root) && !changes.values.has(key)) return each
  return null
}

/**
 * Why layers of the running text cannot make room for others, from the name of the statement on; `null` where they can, and `undefined` for
 * what is no statement about layers.
 *
 * @param unit of the new text, or one of the running text that is gone.
 */
export function keptInLayers(
  module: WorldModule,
  unit: UnitPiece,
  decision: Decision,
  running: Running,
): string | null | undefined {
  const relayered = relayeredBy(module, unit, decision)
  if (relayered === null || module.before === null) return undefined
  const old = beforeOf(module, unit)
  const layers = relayered.before.get(old) ?? []
  if (layers.some(isMounted)) return 'has made another application a part of this one, which is told so'
  const handles = layers.flatMap(handlesIn)
  for (const handle of handles) {
    const keeping = running.closureState(handle)
    if (keeping)
      return `has made what holds live state, since ${keeping.module.key}:${keeping.line} ${keeping.how}`
  }
  const made = madeFor(module, module.before, old, handles, running)
  return made === null ? null : `has had \`${made}\` make something, which may hold live state`
}

/** What makes something for a statement, while that is evaluated, that may keep something; `null` where nothing does. */
function madeFor(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  handles: unknown[],
  running: Running,
): string | null {
  const made = givenIn(unit.unit.node)
    .flatMap(callsIn)
    .find(({ callee }) => !isStateless(module, model, callee))
  if (made === undefined) return null
  // The application's own functions are known where they do nothing but make another function.
  const onlyOwn =
    handles.every(running.isOwn) &&
    running.codeThatRan(module, unit).every(({ node }) => callsIn(node).length === 0)
  return onlyOwn ? null : model.text.slice(made.callee.start, made.callee.end)
}

/** What the calls of a statement such as `router.route('/').get(list).post(add)` are given. */
function givenIn(node: AnyNode): AnyNode[] {
  if (node.type === 'ExpressionStatement') return givenIn(node.expression)
  if (node.type === 'MemberExpression') return givenIn(node.object)
  return node.type === 'CallExpression' ? [...givenIn(node.callee), ...node.arguments] : []
}

function callsIn(node: AnyNode): (CallExpression | NewExpression)[] {
  const calls: (CallExpression | NewExpression)[] = []
  walk(node, inner => {
    if (inner.type === 'CallExpression' || inner.type === 'NewExpression') calls.push(inner)
    return !isFunction(inner)
  })
  return calls
}

/** What Express has of its own, of which it is known that it keeps nothing: `express.json()`. */
function isStateless(module: WorldModule, model: Model, callee: AnyNode): boolean {
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier' || callee.computed)
    return false
  const { name } = callee.object
  const request = model.imports.get(name)?.request ?? requireOf(model, name)?.request
  const { property } = callee
  return (
    request === 'express' &&
    module.target(request) === null &&
    property.type === 'Identifier' &&
    /^(?:json|urlencoded|raw|text|static)$/.test(property.name)
  )
}
