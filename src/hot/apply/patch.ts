import MagicString from 'magic-string'
import { followClass, followFunction, hasClassDoor } from '../instrument/follow.ts'
import { followText, noteText } from '../instrument/instrument.ts'
import { namesFor } from '../instrument/names.ts'
import { mergePositions, type Positions, positionsOf } from '../instrument/positions.ts'
import type { Model } from '../model/model.ts'
import type { Door, WriteSlot } from '../runtime/registry.ts'
import { type EditedText, editedText } from '../runtime/stack-traces.ts'
import type { ClassCode, Code } from '../syntax/code.ts'
import { type Element, type PatchNames, type Rewriting, rangeOf } from './elements.ts'
import { inherit } from './inherit.ts'
import { rewriteUses } from './uses.ts'
import { wrap } from './wrap.ts'
import { blank } from './wrap-code.ts'

/** What a patch is made for. */
export interface PatchTarget {
  model: Model
  /** Under which it is noted what functions of the patch ran. */
  id: string
  /** What stack traces show. */
  sourceUrl: string
  /** See {@link Rewriting}. */
  rewriting(names: PatchNames): Rewriting
}

/** Parts of a new text as they run in the scope of a living module. */
export interface Patch {
  code: string
  elements: Element[]
  /** Those whose functions have slots of the patch. */
  codes: Code[]
  /** Those of them that are classes, by their slots; one that is made for its constructor alone is none. */
  classes: number[]
  /** What a function of the patch has in its text, by its slot. */
  marker(slot: number): string
  edit: MagicString
}

/** What a patch is given. */
export interface PatchScope {
  annex: object
  imports: object
  meta: object
  classes: object
  dirname: string
  filename: string
}

/** Writes a patch: every element where it stands in its own file, so that stack traces show its lines. */
export function writePatch(elements: Element[], target: PatchTarget): Patch {
  const { model } = target
  const base = namesFor(model.text)
  const names: PatchNames = {
    ...base,
    annex: base.parameter(1000),
    imports: base.parameter(1001),
    descriptor: base.parameter(1002),
    meta: base.parameter(1003),
    home: base.parameter(1004),
    classes: base.parameter(1005),
    newTarget: base.parameter(1006),
    superOf: base.parameter(1007),
    inherit: base.parameter(1008),
  }
  const rewriting = target.rewriting(names)
  const sorted = elements.toSorted((a, b) => rangeOf(a).start - rangeOf(b).start)
  const edit = new MagicString(model.text)
  const codes = model.codes.filter(code => sorted.some(element => isInside(code, element)))
  const isMade = ({ node }: Code) =>
    sorted.some(element => element.kind === 'construction' && element.code.node === node)
  const classes = codes.filter(code => code.kind === 'class' && !isMade(code)) as ClassCode[]
  const doors = classes.filter(hasClassDoor).map(({ slot }) => slot)
  for (const code of codes.toReversed()) {
    if (code.kind === 'class') followClass(code, names, edit, doors.includes(code.slot))
    else followFunction(model.parsed, code, names, edit)
  }
  for (const element of sorted) rewriteUses(model, element, rewriting, edit)
  for (const element of sorted) wrap(element, model, rewriting, edit)
  let from = 0
  for (const [index, element] of sorted.entries()) {
    const { start, end } = rangeOf(element)
    blankOut(edit, from, start)
    if (index > 0) edit.prependRight(start, ',')
    from = end
  }
  blankOut(edit, from, model.text.length)
  edit.prepend(head(codes, doors, names, target.id))
  const ways = doors.map(slot => `${slot}:()=>${names.classDoor(slot)}`)
  edit.append(
    `\n],${names.note},{${ways.join(',')}}]})\n//# sourceURL=${target.sourceUrl}${sourceMapIn(model.text)}`,
  )
  return {
    code: edit.toString(),
    elements: sorted,
    codes,
    classes: classes.map(({ slot }) => slot),
    marker: slot => `${names.note}(${slot})`,
    edit,
  }
}

/** Where compiled code says that its source map is, which Node.js then reads for a patch as it does for a module. */
function sourceMapIn(text: string): string {
  if (!process.sourceMapsEnabled) return ''
  const found = [...text.matchAll(/^[^\S\n]*\/\/[#@] sourceMappingURL=\S+/gm)].at(-1)
  return found ? `\n${found[0].trim()}` : ''
}

/** Members of a class that is made anew for its constructor alone are not taken along. */
function isInside(code: Code, element: Element): boolean {
  const { start, end } = rangeOf(element)
  if (code.node.start < start || code.node.end > end) return false
  if (element.kind !== 'construction' || code === element.code) return true
  const { body } = element.code.node
  const member = body.body.find(each => each.start <= code.node.start && each.end >= code.node.end)
  if (member?.type === 'MethodDefinition') return member.kind === 'constructor'
  return member?.type === 'PropertyDefinition' && !member.static
}

function blankOut(edit: MagicString, start: number, end: number): void {
  if (start < end) edit.update(start, end, blank(edit.original.slice(start, end)))
}

function head(codes: Code[], doors: number[], names: PatchNames, id: string): string {
  const slots = codes.map(({ slot }) => slot)
  const variables = [...slots.map(names.slot), ...doors.map(names.classDoor)]
  const declared = variables.length > 0 ? `var ${variables.join(',')};` : ''
  const { annex, imports, descriptor, inherit, meta, classes } = names
  const given = [annex, imports, descriptor, inherit, meta, classes, '__dirname', '__filename'].join(',')
  return `((${given})=>{/*${names.note}(0w)*/${declared}${noteText(slots, id, names)}${followText(names)}return[[`
}

/** What a patch gives. */
export interface CompiledParts {
  values: unknown[]
  write: WriteSlot
  /** Into the classes that it evaluates, once it has. */
  doors: Record<number, () => Door | undefined>
}

/** Compiles a patch in the scope that a door leads to; none of the application's code runs. */
export function compilePatch(patch: Patch, door: Door, scope: PatchScope): CompiledParts {
  const make = door(patch.code) as (
    ...given: unknown[]
  ) => [unknown[], WriteSlot, Record<number, () => Door | undefined>]
  const { annex, imports, meta, classes, dirname, filename } = scope
  const descriptor = Object.getOwnPropertyDescriptor
  const [values, write, doors] = make(annex, imports, descriptor, inherit, meta, classes, dirname, filename)
  return { values, write, doors }
}

/** What stack traces show of a patch: worked out at once, since what it comes from is large. */
export function editedBy({ text }: Model, patches: Patch[]): EditedText {
  const positions = JSON.stringify(mergePositions(patches.map(({ edit, codes }) => positionsOf(edit, codes))))
  return editedText(
    () => text,
    () => JSON.parse(positions) as Positions,
  )
}
