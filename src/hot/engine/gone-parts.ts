import { definedBy } from '../diff/diff.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { Model, Range } from '../model/model.ts'
import { DEFAULT } from '../model/units.ts'
import { isAboutHot } from '../plan/about-hot.ts'
import type { World } from '../plan/decision.ts'
import { isDisposed } from '../plan/disposal.ts'
import { startOf, unitsOf } from '../plan/find-units.ts'
import { definesFunction, isOnlyCalledByName } from '../plan/handed-over.ts'
import { nameOf, placeOf } from '../plan/reasons.ts'
import type { Running } from '../plan/running.ts'
import { initialiserOf } from '../plan/slices.ts'
import { exportsIn, type FunctionRecord, type WorldModule } from '../plan/world.ts'
import type { Code } from '../syntax/code.ts'
import type { Moved } from './moved.ts'

/** A part of the running text that the new one does not have, and whose functions somebody may have kept. */
export interface GonePart {
  module: WorldModule
  line: number
  /** Begins a sentence. */
  what: string
  allow: string
  codes: Code[]
}

/** What is needed to tell what is gone. */
export interface GoneIn {
  world: World
  running: Running
  moved: Moved
}

/** All such parts: methods and accessors of classes, functions in what is evaluated anew, statements, and whole modules. */
export function gonePartsIn(known: GoneIn): GonePart[] {
  return known.world.modules.flatMap(module => {
    const { before, difference } = module
    if (before === null) return []
    if (difference === null) return goneModule(module, before, known)
    const paired = new Set(
      [...difference.origin.values()].flatMap(piece => ('code' in piece ? [piece.code] : [])),
    )
    const members = difference.classes.flatMap(({ before: { code }, removed, statics }) => {
      const owner = code.node.id?.name ?? null
      const fields = statics.flatMap(({ before: field }) => field ?? [])
      return [
        ...removed.map(({ signature, node }) => memberPart(module, before, owner, { signature, node })),
        // Of a field that is set anew, what the new text has as well is the same.
        ...fields.map(({ name, node }) =>
          memberPart(module, before, owner, { signature: `static ${name}`, node }),
        ),
      ].map(part => ({ ...part, codes: part.codes.filter(each => !paired.has(each)) }))
    })
    const orphans = difference.orphans.flatMap(({ code }) =>
      code.within === null ? orphanPart(module, before, code, known) : [],
    )
    const units = difference.removed.flatMap(unit => unitPart(module, before, unit, known))
    const values = difference.units.flatMap(each => valuePart(module, before, each))
    return [...members, ...orphans, ...units, ...values]
  })
}

function goneModule(module: WorldModule, before: Model, known: GoneIn): GonePart[] {
  if (module.after !== null || known.world.disposers(module).length > 0) return []
  return unitsOf(before).flatMap(unit => unitPart(module, before, unit, known))
}

function memberPart(
  module: WorldModule,
  before: Model,
  owner: string | null,
  { node, signature }: { node: Range; signature: string },
): GonePart {
  const line = before.line(node.start)
  return {
    module,
    line,
    what: `\`${signature}\` of ${owner === null ? 'the class here' : `\`${owner}\``}`,
    allow: `${module.key}:${line}`,
    codes: codesIn(before, node),
  }
}

/** Whether a unit ends by itself what it has begun: a process, or what `import.meta.hot` is about. */
const isInHand = (world: World, module: WorldModule, before: Model, unit: UnitPiece) =>
  world.isProcess(module, unit) || isAboutHot(unit, before) || isDisposed(world, module, unit)

/** A function of an object, say, that is made anew without it. */
function orphanPart(
  module: WorldModule,
  before: Model,
  code: Code,
  { world, running }: GoneIn,
): GonePart | [] {
  const unit = unitsOf(before).find(({ unit: { node } }) => isIn(code.node, node))
  if (!unit || running.accepts(module) || isInHand(world, module, before, unit)) return []
  const line = before.line(code.node.start)
  const what = `the ${code.kind} that was here`
  return { module, line, what, allow: `${module.key}:${line}`, codes: [code] }
}

/** What was a function and is none any more: who has kept it cannot be given another one. */
function valuePart(
  module: WorldModule,
  model: Model,
  { before, after }: { before: UnitPiece; after: UnitPiece },
): GonePart | [] {
  const piece = definedBy(before)
  const value = initialiserOf(after)
  if (piece?.kind !== 'function' || (value !== null && !NO_FUNCTION.has(value.type))) return []
  return {
    module,
    line: model.line(startOf(before)),
    what: `${subjectOf(before)} as a function`,
    allow: placeOf(module, model, before),
    codes: [piece.code],
  }
}

const NO_FUNCTION = new Set(['Literal', 'TemplateLiteral', 'ObjectExpression', 'ArrayExpression'])

function unitPart(
  module: WorldModule,
  before: Model,
  unit: UnitPiece,
  { world, moved }: GoneIn,
): GonePart | [] {
  if (isInHand(world, module, before, unit)) return []
  const isMoved = (record: FunctionRecord) => moved.functions.some(each => each.record === record)
  const own = definesFunction(unit) ? definedBy(unit) : null
  const [name] = unit.unit.names
  const isUnseen = own !== null && name !== undefined && !isSeen(before, unit, name)
  const codes = codesIn(before, unit.unit.node).filter(code => {
    if (isUnseen && own?.kind === 'function' && own.code === code) return false
    return !isMoved(module.recordOf(code.slot))
  })
  const line = before.line(startOf(unit))
  return { module, line, what: subjectOf(unit), allow: placeOf(module, before, unit), codes }
}

function subjectOf(unit: UnitPiece): string {
  const name = nameOf(unit)
  if (name === undefined) return 'a function of the statement here'
  return name === DEFAULT ? 'the default export' : `\`${name}\``
}

/** Whether anybody but who calls it by its name can have it, as far as the text tells. */
function isSeen(before: Model, { unit }: UnitPiece, name: string): boolean {
  if (unit.exports.length > 0) return true
  const isExported = [...exportsIn(before).named.values()].some(
    exported => exported.from === 'here' && exported.local === name,
  )
  return isExported || !isOnlyCalledByName(before, name)
}

const isIn = (inner: Range, { start, end }: Range) => inner.start >= start && inner.end <= end

/** Functions and classes of a part of a text. */
const codesIn = ({ codes }: Model, range: Range): Code[] => codes.filter(({ node }) => isIn(node, range))
