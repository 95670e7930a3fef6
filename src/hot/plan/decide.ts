import { affect } from './affect.ts'
import { changeFunction } from './changes.ts'
import type { Decision, World } from './decision.ts'
import { DISPOSED, followDisposal } from './disposal.ts'
import { takeDifference, takeFiles } from './own-changes.ts'
import { spread } from './spread.ts'
import { changedStatics } from './statics.ts'
import { passesOn, type WorldModule } from './world.ts'

/** Follows every change through the statements of all modules until nothing more gets another value. */
export function decide(world: World): Decision {
  const decision: Decision = {
    changes: { values: new Map(), functions: new Map(), owners: new Map() },
    contents: new Map(),
    statics: world.modules.flatMap(changedStatics),
    completed: [],
    instances: new Set(),
    rechecks: [],
    setAnew: new Set(),
    unset: [],
    relayered: new Map(),
    unlayered: [],
    affected: new Map(),
    removed: [],
    removedExports: [],
    disposed: new Set(),
  }
  for (const { key, what } of world.values) decision.changes.values.set(key, what)
  for (const { module, record, what } of world.functions)
    changeFunction(decision.changes, module, record, what)
  for (const module of world.modules) takeDifference(world, module, decision)
  for (const module of world.fileReaders) takeFiles(world, module, decision)
  const concerned = new Set([...world.modules, ...world.fileReaders])
  let size = -1
  const extent = () =>
    decision.changes.values.size +
    decision.contents.size +
    decision.statics.length +
    decision.instances.size +
    decision.relayered.size +
    decision.changes.functions.size +
    decision.affected.size +
    decision.disposed.size
  while (extent() + concerned.size !== size) {
    size = extent() + concerned.size
    for (const module of concerned) {
      const { before, after } = module
      if (before && after) spread(world, module, after, decision)
      const ended = followDisposal(world, module, decision)
      for (const unit of ended) if (after) affect(module, after, unit, DISPOSED, false, decision)
    }
    addConcerned(world, concerned, decision)
  }
  return decision
}

/** Who imports what gets another value, be it through others, and who ran what has changed. */
function addConcerned(
  world: World,
  concerned: Set<WorldModule>,
  { changes, contents, statics, completed, instances }: Decision,
): void {
  const keys = [...changes.values.keys(), ...contents.keys(), ...instances]
  const sources = new Set([
    ...keys.map(key => key.slice(0, key.indexOf('|'))),
    ...statics.map(({ module }) => module.key),
  ])
  for (const source of sources) {
    for (const importer of world.importersOf(source)) {
      concerned.add(importer)
      if (passesOn(importer)) sources.add(importer.key)
    }
  }
  for (const record of [...changes.functions.keys(), ...completed.map(each => each.record)])
    for (const module of world.modulesThatRan(record)) concerned.add(module)
}
