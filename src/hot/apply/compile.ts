import { pathToFileURL } from 'node:url'
import type { LivingState } from '../engine/living.ts'
import { isHeldDefault } from '../instrument/instrument.ts'
import { namesFor } from '../instrument/names.ts'
import type { Model } from '../model/model.ts'
import { DEFAULT } from '../model/units.ts'
import type { WriteSlot } from '../runtime/registry.ts'
import type { Code } from '../syntax/code.ts'
import { walk } from '../syntax/parse.ts'
import type { Installation } from './assemble.ts'
import { type Element, type PatchNames, type Rewriting, rangeOf } from './elements.ts'
import { compilePatch, type Patch, writePatch } from './patch.ts'

/** A module's upgrade, compiled in its scope. */
export interface Compiled {
  state: LivingState
  model: Model
  patches: { id: string; sourceUrl: string; patch: Patch; write: WriteSlot }[]
  /** What each installation's element gave. */
  values: Map<Installation, unknown>
  /** What it imports that it did not when it was loaded, by local name; filled in when that is there. */
  imports: Record<string, unknown>
  importNames: Set<string>
  annexNames: Set<string>
}

/** Names that a CommonJS module is given, and that are not to be had from anywhere else. */
const OF_WRAPPER = new Set(['require', 'module', 'exports', '__filename', '__dirname'])

/**
 * @param path of its file in the release.
 * @param what tells apart what is compiled for the same upgrade.
 */
export function compile(
  state: LivingState,
  model: Model,
  installations: Installation[],
  path: string,
  what = '',
): Compiled {
  const generation = state.generation + 1
  const base = state.base()
  const imports: Record<string, unknown> = Object.create(null)
  const importNames = new Set<string>()
  const annexNames = annexedNames(base, model, state.annexNames)
  const { living } = state.loaded
  if (living === null) throw new Error(`${state.key} has not been evaluated`)
  const url = pathToFileURL(path).href
  const meta = model.format === 'module' ? living.inside : {}
  const scope = {
    annex: state.annex,
    imports,
    meta,
    dirname: path.replace(/[\\/][^\\/]*$/, ''),
    filename: path,
  }

  const rewriting = (names: PatchNames): Rewriting => ({
    names,
    defaultExport: annexNames.has(DEFAULT) ? `${names.annex}.default` : namesFor(base.text).defaultExport,
    written: name => {
      const imported = model.imports.get(name)
      if (imported) {
        const known = base.imports.get(name)
        if (known && known.request === imported.request && known.name === imported.name) return null
        importNames.add(name)
        return `${names.imports}.${name}`
      }
      return annexNames.has(name) ? `${names.annex}.${name}` : null
    },
    // What the module declared once and does not any more still hides what all modules see.
    global: name => (base.parsed.scope.set.has(name) && !OF_WRAPPER.has(name) ? `globalThis.${name}` : null),
  })

  const values = new Map<Installation, unknown>()
  const patches = partition(installations, base).map(({ installations, door }, index) => {
    const id = `${state.loaded.url} ${generation}.${index}${what}`
    const sourceUrl = model.format === 'module' ? url : path
    const elements = installations.map(({ element }) => element)
    const patch = writePatch(elements, { model, id, sourceUrl, rewriting })
    const inside = door === null ? living.door : (living.door(door) as typeof living.door)
    const compiled = compilePatch(patch, inside, scope)
    for (const [position, element] of patch.elements.entries()) {
      const installation = installations.find(each => each.element === element)
      if (installation) values.set(installation, compiled.values[position])
    }
    return { id, sourceUrl, patch, write: compiled.write }
  })
  return { state, model, patches, values, imports, importNames, annexNames }
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
  /** The variable that holds the door into a class; `null` for the module's own. */
  door: string | null
  installations: Installation[]
}

/** What overlaps in the text, or has to be compiled inside a class, goes into a patch of its own. */
function partition(installations: Installation[], base: Model): Part[] {
  const parts: Part[] = []
  for (const installation of installations) {
    const door = doorFor(installation.element, base)
    const fitting = parts.find(
      part =>
        part.door === door &&
        !part.installations.some(other => overlaps(other.element, installation.element)),
    )
    if (fitting) fitting.installations.push(installation)
    else parts.push({ door, installations: [installation] })
  }
  return parts
}

function overlaps(one: Element, other: Element): boolean {
  const a = rangeOf(one)
  const b = rangeOf(other)
  return a.start < b.end && b.start < a.end
}

/** A method that uses private names is compiled inside its class. */
function doorFor(element: Element, base: Model): string | null {
  if (element.kind !== 'method' || !element.code.owner || !usesPrivateNames(element.code)) return null
  const name = element.code.owner.node.id?.name
  const living = base.codes.find(
    code => code.kind === 'class' && code.within === null && code.node.id?.name === name,
  )
  return living ? namesFor(base.text).classDoor(living.slot) : null
}

function usesPrivateNames({ node }: Code): boolean {
  let found = false
  walk(node as Parameters<typeof walk>[0], inner => {
    if (inner.type === 'PrivateIdentifier') found = true
    return !found
  })
  return found
}
