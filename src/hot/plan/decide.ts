import type { ObjectPattern } from 'acorn'
import type { UnitPiece } from '../diff/match.ts'
import { WHOLE } from '../model/exports.ts'
import type { Model, Piece } from '../model/model.ts'
import { boundNames } from '../model/units.ts'
import type { UnitRun } from '../runtime/startup.ts'
import { isAboutHot } from './about-hot.ts'
import { keysOf } from './accesses.ts'
import { type Changes, changedRead, changeFunction, isAccepted } from './changes.ts'
import { DISPOSED, followDisposal } from './disposal.ts'
import type { Leftover } from './leftovers.ts'
import { readsOf } from './reads.ts'
import { onlyRequires } from './requires.ts'
import { builds, constantOf, exportRoot, initialiserOf, runnableIn } from './slices.ts'
import {
  exportKey,
  exportsOtherNames,
  type FunctionRecord,
  keyFor,
  passesOn,
  type VariableKey,
  type WorldModule,
} from './world.ts'

/** What an upgrade can concern. */
export interface World {
  /** Those that differ. */
  modules: WorldModule[]
  /** What gets another value without a statement of its own: names in data, and exports that come from elsewhere. */
  values: { key: VariableKey; what: string }[]
  /** Functions in whose place others are called. */
  functions: { module: WorldModule; record: FunctionRecord; what: string }[]
  /** Modules that may read files of the release that are no code. */
  fileReaders: WorldModule[]
  /** A file of the release that differs, and that a piece of a module names; `null` where there is none. */
  changedFile(module: WorldModule, model: Model, piece: Piece): string | null
  importersOf(key: string): WorldModule[]
  modulesThatRan(record: FunctionRecord): WorldModule[]
  /** Functions that ran once the statement had ended in whose name that went on. */
  ranLaterIn(module: WorldModule, unit: UnitPiece): FunctionRecord[]
  /** Functions that ran later, it is not known in the name of which of the statements that wait. */
  ranLater: Set<FunctionRecord>
  /** Functions that ran when a unit was evaluated. */
  ranIn(module: WorldModule, unit: UnitPiece): FunctionRecord[]
  /** What stays of a unit of the running text that is gone. */
  leftoverOf(module: WorldModule, unit: UnitPiece): Leftover | null
  /** Whether a unit's expression is one that takes its own changes in hand: the definition of a stateful process. */
  isProcess(module: WorldModule, unit: UnitPiece): boolean
  /** The statements that have given callbacks to `import.meta.hot.dispose`; `null` for one that is not known. */
  disposers(module: WorldModule): (UnitRun | null)[]
}

/** What is to be evaluated, and why. */
export interface Decision {
  changes: Changes
  /** Units of the new texts that are evaluated anew, with the reason. */
  affected: Map<UnitPiece, Affected>
  /** Statements that are gone, and of which something stays. */
  removed: { module: WorldModule; unit: UnitPiece; leftover: Leftover }[]
  /** Exports of CommonJS modules that are gone. */
  removedExports: { module: WorldModule; name: string }[]
  /** Modules whose callbacks of `import.meta.hot.dispose` are called. */
  disposed: Set<WorldModule>
}

export interface Affected {
  module: WorldModule
  why: string
  /** Whether its own text is another one, or only what it reads. */
  own: boolean
}

/** Follows every change through the statements of all modules until nothing more gets another value. */
export function decide(world: World): Decision {
  const decision: Decision = {
    changes: { values: new Map(), functions: new Map(), owners: new Map() },
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
function addConcerned(world: World, concerned: Set<WorldModule>, { changes }: Decision): void {
  const sources = new Set([...changes.values.keys()].map(key => key.slice(0, key.indexOf('|'))))
  for (const source of sources) {
    for (const importer of world.importersOf(source)) {
      concerned.add(importer)
      if (passesOn(importer)) sources.add(importer.key)
    }
  }
  for (const record of changes.functions.keys())
    for (const module of world.modulesThatRan(record)) concerned.add(module)
}

function takeDifference(world: World, module: WorldModule, decision: Decision): void {
  const { difference } = module
  const { changes } = decision
  if (difference === null) {
    if (module.after === null) for (const unit of unitsOf(module.before)) leave(world, module, unit, decision)
    return
  }
  for (const { before } of [...difference.functions, ...difference.constructors]) {
    if (before.kind === 'function' || before.kind === 'constructor')
      changeFunction(
        changes,
        module,
        module.recordOf(before.code.slot),
        `a function at ${module.key}:${difference.before.line(startOf(before))}`,
      )
  }
  for (const { before, after } of difference.units) {
    if (world.isProcess(module, after)) affectAlone(after, module, 'its definition changed', decision)
    else if (after.unit.kind !== 'effect' && sameConstant(before, after)) continue
    else affect(module, difference.after, after, 'it changed itself', true, decision)
  }
  for (const unit of difference.added)
    if (unit.unit.kind === 'effect' && !isAboutHot(unit, difference.after))
      addEffect(module, difference.after, unit, decision)
  for (const unit of difference.removed) remove(world, module, difference.before, unit, decision)
  for (const unit of difference.added) changeExports(module, difference.after, unit, decision)
  removeExports(module, difference, decision)
}

/** What is exported now and was not, and the other way round, has another value for whoever reads it. */
function removeExports(
  module: WorldModule,
  { before, after }: { before: Model; after: Model },
  decision: Decision,
): void {
  const exportsOf = (model: Model) => new Set(unitsOf(model).flatMap(({ unit }) => unit.exports))
  const now = exportsOf(after)
  for (const unit of unitsOf(before)) {
    const gone = unit.unit.exports.filter(name => !now.has(name))
    for (const name of gone) {
      decision.removedExports.push({ module, name })
      decision.changes.values.set(exportKey(module, name), `${name}, which ${module.key} exports no more`)
    }
  }
}

/** What read a file that has changed would give something else. */
function takeFiles(world: World, module: WorldModule, decision: Decision): void {
  const { after } = module
  if (module.before === null || after === null) return
  for (const unit of unitsOf(after)) {
    for (const piece of runnableIn(unit)) {
      const file = world.changedFile(module, after, piece)
      const slot = file === null ? null : slotBefore(module, piece)
      if (slot !== null)
        changeFunction(
          decision.changes,
          module,
          module.recordOf(slot),
          `a function at ${module.key}:${after.line(startOf(piece))}, which reads ${file}`,
        )
    }
    if (isNew(module, unit) || world.isProcess(module, unit)) continue
    const file = unit.unit.kind === 'definition' ? null : world.changedFile(module, after, unit)
    if (file !== null) affect(module, after, unit, `it reads ${file}, which changed`, true, decision)
  }
}

function sameConstant(before: UnitPiece, after: UnitPiece): boolean {
  const one = constantOf(initialiserOf(before))
  const other = constantOf(initialiserOf(after))
  return one !== undefined && other !== undefined && one.value === other.value
}

/** A new statement runs once; one that is not the last to build something up has it built up anew, in order. */
function addEffect(module: WorldModule, model: Model, unit: UnitPiece, decision: Decision): void {
  const root = builds(unit, model)
  const later = root === null ? [] : buildersOf(module, root).filter(other => startOf(other) > startOf(unit))
  const open = later.filter(
    other => !isNew(module, other) && (module.runOf(beforeOf(module, other))?.opened.length ?? 0) === 0,
  )
  if (root !== null && open.length > 0)
    affectVariable(
      module,
      model,
      root,
      `what builds it up changed at line ${model.line(startOf(unit))}`,
      decision,
    )
}

/** What built something up that is still there has it built up anew, without; of anything else nothing may stay. */
function remove(world: World, module: WorldModule, model: Model, unit: UnitPiece, decision: Decision): void {
  const root = isAboutHot(unit, model) ? null : builds(unit, model)
  const after = module.after
  const declaration = root === null || after === null ? null : declarationOf(after, root)
  if (root !== null && after && declaration)
    affectVariable(
      module,
      after,
      root,
      `what built it up is gone (line ${model.line(startOf(unit))})`,
      decision,
    )
  else leave(world, module, unit, decision)
}

function leave(world: World, module: WorldModule, unit: UnitPiece, { removed }: Decision): void {
  const leftover = world.isProcess(module, unit) ? null : world.leftoverOf(module, unit)
  if (leftover !== null) removed.push({ module, unit, leftover })
}

/** The statements that build a variable up. */
export function buildersOf(module: WorldModule, name: string): UnitPiece[] {
  const { after } = module
  return after === null ? [] : unitsOf(after).filter(unit => builds(unit, after) === name)
}

export const unitsOf = (model: Model | null): UnitPiece[] =>
  (model?.units ?? []).filter(piece => piece.kind === 'unit')
export const startOf = (piece: Piece): number => piece.ranges[0]?.start ?? 0

const isNew = ({ difference }: WorldModule, unit: UnitPiece) => difference?.added.includes(unit) ?? false

/** The same unit in the old text. */
export function beforeOf({ difference }: WorldModule, unit: UnitPiece): UnitPiece {
  const before = difference?.origin.get(unit)
  return before?.kind === 'unit' ? before : unit
}

export function declarationOf(model: Model, name: string): UnitPiece | null {
  const isDeclared = ({ unit }: UnitPiece) =>
    (unit.kind === 'variable' && unit.names.includes(name)) ||
    unit.exports.some(exported => exportRoot(exported) === name)
  return unitsOf(model).find(isDeclared) ?? null
}

function affectVariable(
  module: WorldModule,
  model: Model,
  name: string,
  why: string,
  decision: Decision,
): void {
  const declaration = declarationOf(model, name)
  if (declaration) affect(module, model, declaration, why, true, decision)
}

function affectAlone(unit: UnitPiece, module: WorldModule, why: string, { affected }: Decision): void {
  if (!affected.has(unit)) affected.set(unit, { module, why, own: true })
}

function affect(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  why: string,
  own: boolean,
  decision: Decision,
): void {
  affectAlone(unit, module, why, decision)
  const { kind, names } = unit.unit
  const { values } = decision.changes
  const set = (key: VariableKey, name: string) => {
    if (!values.has(key)) values.set(key, `${name} (${module.key}:${model.line(startOf(unit))})`)
  }
  // A function in place of a variable is the value of it.
  if (kind === 'variable' || kind === 'definition') {
    const only = namesTakenFrom(module, model, unit, decision.changes)
    for (const name of only ?? names) set(keyFor(module, name), name)
    const affected = decision.affected.get(unit)
    if (affected && !own) affected.own = false
  }
  changeExports(module, model, unit, decision)
  for (const other of unitsOf(model)) if (isSetAfter(unit, other)) affectAlone(other, module, why, decision)
}

function changeExports(module: WorldModule, model: Model, { unit }: UnitPiece, { changes }: Decision): void {
  const { values } = changes
  for (const name of unit.exports) {
    const what = `${name === WHOLE ? 'module.exports' : name} (${module.key}:${model.line(unit.node.start)})`
    for (const key of name === WHOLE ? [WHOLE, 'default'] : [name])
      if (!values.has(exportKey(module, key))) values.set(exportKey(module, key), what)
  }
}

/** Whether a unit sets the same export once more, or one of what another has set `module.exports` to. */
function isSetAfter({ unit }: UnitPiece, { unit: other }: UnitPiece): boolean {
  if (other === unit || unit.exports.length === 0 || other.kind !== 'export') return false
  if (unit.exports.includes(WHOLE)) return other.node.start > unit.node.start
  return other.exports.some(name => unit.exports.includes(name))
}

/** Of `const { a, b } = require('./c')`, those that are new or whose export has changed; `null` for any other declaration. */
function namesTakenFrom(
  module: WorldModule,
  model: Model,
  unit: UnitPiece,
  changes: Changes,
): string[] | null {
  const { node } = unit.unit
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'ObjectPattern' || !onlyRequires(unit))
    return null
  const request = readsOf(model, unit).find(read => read.of === 'request')
  if (!request) return null
  const { unit: before } = beforeOf(module, unit)
  const known =
    before.node.type === 'VariableDeclarator' && before.node.id.type === 'ObjectPattern'
      ? before.node.id
      : null
  const taken = new Set(known?.properties.map(memberOf))
  return node.id.properties.flatMap(property => {
    const member = memberOf(property)
    const changed =
      !taken.has(member) ||
      keysOf(module, model, { ...request, path: [member] }).some(
        key => key.endsWith('*') || changes.values.has(key),
      )
    return changed ? boundNames(property.type === 'RestElement' ? property.argument : property.value) : []
  })
}

function memberOf(property: ObjectPattern['properties'][number]): string | null {
  if (property.type === 'RestElement' || property.computed || property.key.type !== 'Identifier') return null
  return property.key.name
}

/** One round through a module: what reads something that has changed is affected itself. */
function spread(world: World, module: WorldModule, model: Model, decision: Decision): void {
  const { changes, affected } = decision
  for (const unit of unitsOf(model)) {
    for (const piece of runnableIn(unit)) noteTouched(module, model, piece, decision)
    if (isNew(module, unit)) continue
    const known = affected.get(unit)
    if (known?.own) continue
    const { exporting } = unit.unit
    if (exporting?.how === 'passed-on') {
      passOn(module, unit, exporting.request, decision)
      continue
    }
    if (exporting?.how === 'described') describeAnew(module, model, unit, decision)
    const why = changedRead(changes, module, model, unit)
    const because = why === null ? ranChanged(world, module, unit, changes) : `it reads ${why}`
    if (because === null) continue
    // Its handle stays: who reads that sees no change.
    if (world.isProcess(module, unit)) affectAlone(unit, module, because, decision)
    else affect(module, model, unit, known?.why ?? because, false, decision)
    // What it builds up would be something else from the beginning.
    const root = builds(unit, model)
    if (root !== null && buildersOf(module, root).every(each => opensNothing(module, each)))
      affectVariable(module, model, root, because, decision)
  }
}

const opensNothing = (module: WorldModule, unit: UnitPiece) =>
  (module.runOf(beforeOf(module, unit))?.opened.length ?? 0) === 0

/** What passes all exports of another module on has to be told of those that are new. */
function passOn(module: WorldModule, unit: UnitPiece, request: string, decision: Decision): void {
  const target = module.target(request)
  if (target && exportsOtherNames(target))
    affectAlone(unit, module, `'${request}' exports other names`, decision)
}

/** An export that is a getter has another value when the getter gives another one. */
function describeAnew(module: WorldModule, model: Model, unit: UnitPiece, decision: Decision): void {
  const { functions } = decision.changes
  const slots = runnableIn(unit).map(piece => slotBefore(module, piece))
  if (slots.some(slot => slot !== null && functions.has(module.recordOf(slot))))
    changeExports(module, model, unit, decision)
}

/** A function that reads what has changed gives something else when it runs. */
function noteTouched(module: WorldModule, model: Model, piece: Piece, { changes }: Decision): void {
  const slot = slotBefore(module, piece)
  if (slot === null) return
  const record = module.recordOf(slot)
  if (changes.functions.has(record)) return
  const why = changedRead(changes, module, model, piece)
  if (why !== null)
    changeFunction(
      changes,
      module,
      record,
      `a function at ${module.key}:${model.line(startOf(piece))}, which reads ${why}`,
    )
}

/** The slot that a function had in the old text. */
function slotBefore({ difference }: WorldModule, piece: Piece): number | null {
  const before = difference === null ? piece : difference.origin.get(piece)
  return before?.kind === 'function' || before?.kind === 'constructor' ? before.code.slot : null
}

function ranChanged(
  world: World,
  module: WorldModule,
  unit: UnitPiece,
  { functions, owners }: Changes,
): string | null {
  // What is loaded is not loaded again.
  if (onlyRequires(unit)) return null
  const isFollowed = (record: FunctionRecord) =>
    functions.has(record) && !isAccepted(module, owners.get(record))
  const found = world.ranIn(module, unit).find(isFollowed)
  if (found) return `it ran ${functions.get(found)}`
  const foundLater = world.ranLaterIn(module, unit).find(isFollowed)
  if (foundLater) return `what goes on after its end ran ${functions.get(foundLater)}`
  if (!module.runOf(beforeOf(module, unit))?.waits) return null
  for (const record of world.ranLater) {
    const why = functions.get(record)
    if (why !== undefined && isFollowed(record))
      return `it, or another statement that goes on after its end, ran ${why}`
  }
  return null
}
