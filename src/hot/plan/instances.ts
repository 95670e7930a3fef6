import type { AnyNode } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import type { Model } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { accessesOf } from './accesses.ts'
import { evaluatedIn } from './changes.ts'
import type { Decision, World } from './decision.ts'
import { beforeOf } from './find-units.ts'
import { holdersIn } from './holders.ts'
import { isPrinted } from './prints.ts'
import { type Read, readsInside, readsOf } from './reads.ts'
import { noteAsked } from './statics.ts'
import type { WorldModule } from './world.ts'

/** Code that was evaluated for a statement. */
interface Text {
  module: WorldModule
  model: Model
  node: AnyNode
  reads: Read[]
}

/**
 * What has looked through an instance whose class gives it more fields now, and has found fewer. Whatever else has to do with one is followed: who
 * has it keeps it.
 */
export function sawInstances(
  world: World,
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  { completed, instances }: Decision,
): string | null {
  if (completed.length === 0) return null
  const texts: Text[] = [
    { module, model, node: unit.unit.node, reads: evaluatedIn(unit).flatMap(each => readsOf(model, each)) },
    ...world.codeThatRan(module, beforeOf(module, unit)).map(({ node, ...of }) => ({
      ...of,
      node,
      reads: readsInside(of.model, node),
    })),
  ]
  const ran = new Set([...world.ranIn(module, unit), ...world.ranLaterIn(module, unit)])
  const isOne =
    completed.some(({ record }) => ran.has(record)) ||
    texts.some(text =>
      text.reads.some(read =>
        accessesOf(text.module, text.model, read).some(({ key }) => instances.has(key)),
      ),
    )
  if (!isOne) return null
  const names = new Set(completed.flatMap(each => each.names))
  if (texts.some(text => looksThrough(text, names)))
    return `it may have looked for \`${[...names].join('`, `')}\`, which instances have now`
  for (const { key } of holdersIn(module, unit)) instances.add(key)
  return null
}

const LOOKING = /^(?:keys|values|entries|assign|getOwnProperty\w+|ownKeys|stringify)$/

/** Whether it asks for fields by these names, or for all there are. */
function looksThrough({ model, node }: Text, names: ReadonlySet<string>): boolean {
  const asked = new Set<string>()
  noteAsked(model, node, [], asked)
  if ([...names].some(name => asked.has(name))) return true
  let found = false
  walk(node, (inner, parent) => {
    if (found || inner.type.includes('Function') || isPrinted(model, inner.start)) return false
    if (inner.type === 'PropertyDefinition' && !inner.static) return false
    found = looks(inner, parent)
    return !found
  })
  return found
}

function looks(node: AnyNode, parent: AnyNode | null): boolean {
  switch (node.type) {
    case 'ForInStatement':
      return true
    case 'SpreadElement':
      return parent?.type === 'ObjectExpression'
    case 'RestElement':
      return parent?.type === 'ObjectPattern'
    case 'Identifier':
      return node.name === 'structuredClone'
    case 'MemberExpression': {
      const { object, property } = node
      const isGlobal = object.type === 'Identifier' && /^(?:Object|Reflect|JSON)$/.test(object.name)
      return isGlobal && property.type === 'Identifier' && LOOKING.test(property.name)
    }
    default:
      return false
  }
}
