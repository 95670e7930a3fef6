import { pathToFileURL } from 'node:url'
import type { LivingState } from '../engine/living.ts'
import { isHeldDefault } from '../instrument/instrument.ts'
import { namesFor } from '../instrument/names.ts'
import type { Model } from '../model/model.ts'
import { DEFAULT } from '../model/units.ts'
import type { ClassRecord } from '../plan/world.ts'
import type { EditedText } from '../runtime/stack-traces.ts'
import type { Assembly, Installation } from './assembly.ts'
import { type Element, type PatchNames, type Rewriting, rangeOf } from './elements.ts'
import { doorOf, livingClass } from './living-class.ts'
import { type CompiledParts, compilePatch, editedBy, type Patch, writePatch } from './patch.ts'
import { usesPrivateNames } from './private-names.ts'

/** A module's upgrade, compiled in its scope. */
export interface Compiled {
  state: LivingState
  model: Model
  patches: CompiledPatch[]
  /** What each installation's element gave. */
  values: Map<Installation, unknown>
  /** Names of what it imports that are looked up in the `imports` of its state; filled in when that is there. */
  importNames: Set<string>
  rebound: ReadonlySet<string>
  annexNames: Set<string>
}

/** Names that a CommonJS module is given, and that are not to be had from anywhere else. */
const OF_WRAPPER = new Set(['require', 'module', 'exports', '__filename', '__dirname'])

export interface CompiledPatch extends Omit<CompiledParts, 'values'> {
  id: string
  sourceUrl: string
  patch: Patch
  edited: EditedText
}

/**
 * @param path of its file in the release.
 * @param options `what` tells apart what is compiled for the same upgrade; `rebound` has the imports that are looked up.
 */
export function compile(
  state: LivingState,
  model: Model,
  { installations, classes }: Pick<Assembly, 'installations' | 'classes'>,
  path: string,
  { what = '', rebound = state.rebound }: { what?: string; rebound?: ReadonlySet<string> } = {},
): Compiled {
  const generation = state.generation + 1
  const base = state.base()
  const importNames = new Set<string>()
  const annexNames = annexedNames(base, model, state.annexNames)
  const { living } = state.loaded
  if (living === null) throw new Error(`${state.key} has not been evaluated`)
  const url = pathToFileURL(path).href
  const meta = model.format === 'module' ? living.inside : {}
  const scope = {
    annex: state.annex,
    imports: state.imports,
    meta,
    classes: classesFor(classes),
    dirname: path.replace(/[\\/][^\\/]*$/, ''),
    filename: path,
  }

  const livingSlots = new Set([...classes.keys()].map(({ slot }) => slot))
  const rewriting = (names: PatchNames): Rewriting => ({
    names,
    isLiving: slot => livingSlots.has(slot),
    defaultExport: annexNames.has(DEFAULT) ? `${names.annex}.default` : namesFor(base.text).defaultExport,
    written: name => {
      const imported = model.imports.get(name)
      if (imported) {
        const known = base.imports.get(name)
        const isLinked = known?.request === imported.request && known.name === imported.name
        if (isLinked && !rebound.has(name)) return null
        importNames.add(name)
        return `${names.imports}.${name}`
      }
      return annexNames.has(name) ? `${names.annex}.${name}` : null
    },
    // What the module declared once and does not any more still hides what all modules see.
    global: name => (base.parsed.scope.set.has(name) && !OF_WRAPPER.has(name) ? `globalThis.${name}` : null),
  })

  const values = new Map<Installation, unknown>()
  const parts = partition(installations).map(({ installations, home }, index) => {
    const id = `${state.loaded.url} ${generation}.${index}${what}`
    const sourceUrl = model.format === 'module' ? url : path
    const elements = installations.map(({ element }) => element)
    const patch = writePatch(elements, { model, id, sourceUrl, rewriting })
    const door = home === null ? living.door : doorOf(home)
    const { values: given, ...compiled } = compilePatch(patch, door, scope)
    for (const [position, element] of patch.elements.entries()) {
      const installation = installations.find(each => each.element === element)
      if (installation) values.set(installation, given[position])
    }
    return { id, sourceUrl, patch, ...compiled }
  })
  // Stack traces know them all by one name.
  const edited = editedBy(
    model,
    parts.map(({ patch }) => patch),
  )
  const patches = parts.map(part => ({ ...part, edited }))
  return { state, model, patches, values, importNames, rebound, annexNames }
}

/**
 * Top-level names of a new text that the living module has no variable for.
 *
 * @param known those that it has beside its own variables by now.
 */
export function annexedNames(base: Model, model: Model, known: ReadonlySet<string>): Set<string> {
  const has = (name: string) => base.parsed.scope.set.has(name) && !base.imports.has(name)
  const declared = model.units.flatMap(piece =>
    piece.kind === 'unit' && piece.unit.kind !== 'export' ? piece.unit.names : [],
  )
  const annexed = (name: string) =>
    name === DEFAULT ? !holdsDefault(base) && (known.has(DEFAULT) || !isFixed(base, model)) : !has(name)
  return new Set(declared.filter(annexed))
}

export const holdsDefault = ({ parsed }: Model): boolean => parsed.program.body.some(isHeldDefault)

/** Whether the default export is a function or class without a name, and stays one: what importers have is that. */
function isFixed(base: Model, model: Model): boolean {
  const kindOf = ({ units }: Model) =>
    units.flatMap(piece =>
      piece.kind === 'unit' && piece.unit.names.includes(DEFAULT)
        ? [piece.children.find(({ kind }) => kind === 'function' || kind === 'class')?.kind]
        : [],
    )[0]
  const kind = kindOf(base)
  return kind !== undefined && !holdsDefault(model) && kind === kindOf(model)
}

interface Part {
  /** The class that it is compiled inside of; `null` for the module's own scope. */
  home: ClassRecord | null
  installations: Installation[]
}

/** What overlaps in the text, or has to be compiled inside a class, goes into a patch of its own. */
function partition(installations: Installation[]): Part[] {
  const parts: Part[] = []
  for (const installation of installations) {
    const home = homeFor(installation)
    const fitting = parts.find(
      part =>
        part.home === home &&
        !part.installations.some(other => overlaps(other.element, installation.element)),
    )
    if (fitting) fitting.installations.push(installation)
    else parts.push({ home, installations: [installation] })
  }
  return parts
}

function overlaps(one: Element, other: Element): boolean {
  const a = rangeOf(one)
  const b = rangeOf(other)
  return a.start < b.end && b.start < a.end
}

/** A function that uses private names is compiled inside its class. */
function homeFor(installation: Installation): ClassRecord | null {
  if (
    installation.do === 'evaluate' ||
    installation.do === 'static' ||
    installation.do === 'complete' ||
    installation.home === null
  )
    return null
  const { element } = installation
  return 'code' in element && usesPrivateNames(element.code) ? installation.home : null
}

/** Living classes by their slots: what patches know them by. */
function classesFor(classes: Assembly['classes']): object {
  const known = {}
  for (const [{ slot }, record] of classes)
    Object.defineProperty(known, `c${slot}`, { get: () => livingClass(record) })
  return known
}
