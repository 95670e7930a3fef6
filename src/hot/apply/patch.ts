import MagicString from 'magic-string'
import { followClass, followFunction, hasClassDoor } from '../instrument/follow.ts'
import { namesFor } from '../instrument/names.ts'
import type { Model } from '../model/model.ts'
import type { Door, WriteSlot } from '../runtime/registry.ts'
import type { Code } from '../syntax/code.ts'
import {
  blank,
  type Element,
  type PatchNames,
  type Rewriting,
  rangeOf,
  rewriteUses,
  wrap,
} from './elements.ts'

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
  /** What a function of the patch has in its text, by its slot. */
  marker(slot: number): string
  edit: MagicString
}

/** What a patch is given. */
export interface PatchScope {
  annex: object
  imports: object
  meta: object
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
  }
  const rewriting = target.rewriting(names)
  const sorted = elements.toSorted((a, b) => rangeOf(a).start - rangeOf(b).start)
  const edit = new MagicString(model.text)
  const codes = model.codes.filter(code => sorted.some(element => isInside(code, element)))
  for (const code of codes.toReversed()) {
    if (code.kind === 'class') followClass(code, names, edit)
    else followFunction(model.parsed, code, names, edit)
  }
  for (const element of sorted) rewriteUses(model, rangeOf(element), element, rewriting, edit)
  for (const element of sorted) wrap(element, model, rewriting, edit)
  let from = 0
  for (const [index, element] of sorted.entries()) {
    const { start, end } = rangeOf(element)
    blankOut(edit, from, start)
    if (index > 0) edit.prependRight(start, ',')
    from = end
  }
  blankOut(edit, from, model.text.length)
  edit.prepend(head(codes, names, target.id))
  edit.append(`\n],${names.write}]})\n//# sourceURL=${target.sourceUrl}`)
  return { code: edit.toString(), elements: sorted, codes, marker: slot => `${names.note}(${slot})`, edit }
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

function head(codes: Code[], names: PatchNames, id: string): string {
  const engine = 'globalThis[Symbol.for("beam-deploy.hot")]'
  const cases = codes.map(({ slot }) => `case ${slot}:${names.slot(slot)}=v;break;`).join('')
  const doors = codes.flatMap(code =>
    code.kind === 'class' && hasClassDoor(code) ? [names.classDoor(code.slot)] : [],
  )
  const variables = [...codes.map(({ slot }) => names.slot(slot)), ...doors]
  const slots = variables.length > 0 ? `var ${variables.join(',')};` : ''
  const given = [names.annex, names.imports, names.descriptor, names.meta, '__dirname', '__filename'].join(
    ',',
  )
  return (
    `((${given})=>{${slots}function ${names.write}(k,v){switch(k){${cases}}}` +
    `function ${names.note}(k){return ${engine}.note(${JSON.stringify(id)},k,${names.write})}` +
    `function ${names.follow}(f,t,a,n){return n===void 0?Reflect.apply(f,t,a):Reflect.construct(f,a,n)}return[[`
  )
}

/** Compiles a patch in the scope that a door leads to; none of the application's code runs. */
export function compilePatch(
  patch: Patch,
  door: Door,
  scope: PatchScope,
): { values: unknown[]; write: WriteSlot } {
  const make = door(patch.code) as (...given: unknown[]) => [unknown[], WriteSlot]
  const { annex, imports, meta, dirname, filename } = scope
  const [values, write] = make(annex, imports, Object.getOwnPropertyDescriptor, meta, dirname, filename)
  return { values, write }
}
