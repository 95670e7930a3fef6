import { type Positions, UNMOVED } from '../instrument/positions.ts'
import type { ModuleFormat } from '../syntax/parse.ts'
import { createFacades, type Facades } from './facades.ts'
import { type HotWishes, NO_WISHES } from './hot-context.ts'
import { type EditedText, editedText } from './stack-traces.ts'
import type { ModuleSource } from './text-cache.ts'

/** Runs code in the scope of a module; without any, gives what stands for the module there: `import.meta`, or `module`. */
export type Door = (code: string) => unknown
/** Sets the variable of a slot: the successor of its function, 0 for none. */
export type WriteSlot = (slot: number, successor: unknown) => void

/** A module of the application as it was loaded. */
export interface LoadedModule {
  /** As the loader knows it; a file can be loaded under several, which differ behind `?` or `#`. */
  url: string
  format: ModuleFormat
  /** As it was in its file. */
  bytes: Buffer
  /** Its text as JavaScript, before it was instrumented. */
  text(): string
  /** Where its text stood, as JSON; `null` as long as it is run as it is. */
  positions: (() => string) | null
  /** Its lines and positions, once a stack trace has needed them. */
  edited: EditedText | null
  /** `false` for one that had to be loaded as it is: its code cannot be replaced. */
  instrumented: boolean
  /** `true` where the application has taken it out of `require.cache` and loaded it anew: two of it may be in use. */
  evaluatedAgain: boolean
  /** What it has said with `import.meta.hot`. */
  wishes: HotWishes
  /** Once it has been evaluated to its end. */
  living: LivingModule | null
}

/** What upgrades have put into living modules, by the file that stack traces show. */
export type PatchedTexts = Map<string, EditedText>

/** What a module left at its end. */
export interface LivingModule {
  door: Door
  write: WriteSlot
  /** `import.meta` of an ES module, `module` of a CommonJS one. */
  readonly inside: object
}

/** What is loaded that is no code: JSON. */
export interface LoadedData {
  url: string
  text: string
  /** How modules have asked for it: each way gives another object. */
  ways: Set<'import' | 'require'>
}

/** Everything of the application that this process has loaded. */
export interface Registry {
  modules: Map<string, LoadedModule>
  /** By what instrumented modules tell of themselves: their addresses. */
  keys: Map<string, string>
  data: Map<string, LoadedData>
  /** Addresses of what is loaded of packages, and of native addons. */
  beside: Set<string>
  addons: Set<string>
  /** What each module asked for, and what that was; what others asked for in the application, too. `''` is Node.js itself. */
  requests: Map<string, Map<string, string>>
  /** What the engine has asked for in the name of modules, and what that was. */
  asked: Map<string, string>
  patched: PatchedTexts
  facades: Facades
  /** Addresses of the folders of the releases that this process has been upgraded to, the current one first. */
  homes: string[]
}

export const createRegistry = (): Registry => ({
  modules: new Map(),
  keys: new Map(),
  data: new Map(),
  beside: new Set(),
  addons: new Set(),
  requests: new Map(),
  asked: new Map(),
  patched: new Map(),
  facades: createFacades(),
  homes: [],
})

/** Its text is made when somebody asks for it: most modules are never looked at again. */
export function createLoaded(url: string, { bytes, format, javascript }: ModuleSource): LoadedModule {
  return {
    url,
    format,
    bytes,
    text: javascript,
    positions: null,
    edited: null,
    instrumented: false,
    evaluatedAgain: false,
    wishes: NO_WISHES,
    living: null,
  }
}

/** For stack traces. */
export function editedOf(module: LoadedModule): EditedText {
  const { text, positions } = module
  module.edited ??= editedText(text, () => (positions ? (JSON.parse(positions()) as Positions) : UNMOVED))
  return module.edited
}
