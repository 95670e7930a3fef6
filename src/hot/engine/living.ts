import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { UnitPiece } from '../diff/match.ts'
import { hasClassDoor } from '../instrument/follow.ts'
import { namesFor } from '../instrument/names.ts'
import { type Model, modelOf } from '../model/model.ts'
import { mayReadFiles } from '../plan/asset-names.ts'
import type { ClassRecord, ClassText, FunctionRecord, Target } from '../plan/world.ts'
import type { Application } from '../runtime/application.ts'
import type { Door, LoadedModule, Registry } from '../runtime/registry.ts'
import type { Startup } from '../runtime/startup.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import { type LivingPatch, livingPatches } from './living-patches.ts'

/** A module of the application in the running process, with what upgrades have made of it. */
export interface LivingState {
  key: string
  loaded: LoadedModule
  /** What it was loaded with; of this its scope is. */
  base(): Model
  /** What it runs now. */
  current(): Model
  readonly text: string
  /** Whether a file is the one that it runs. `false` where only a closer look can tell. */
  isSame(bytes: Buffer): boolean
  /** Whether it may read files of its release. */
  mayReadFiles(): boolean
  /** The function that a slot of the current text stands for. */
  recordOf(slot: number): FunctionRecord
  /** The class that a slot of the current text stands for. */
  classOf(slot: number): ClassRecord
  /** The function that a slot of the text stands for that it was loaded with. */
  firstRecordOf(slot: number): FunctionRecord
  /** What ran when a unit of the current text was evaluated. */
  runOf(unit: UnitPiece): UnitRun | null
  /** Variables that upgrades have added. */
  annex: Record<string, unknown>
  annexNames: Set<string>
  /** What it imports and was not linked with, or not as it is now; by local name. */
  imports: Record<string, unknown>
  /** Of what it was linked with, that which it has to look up in `imports` by now. */
  rebound: ReadonlySet<string>
  /** How many upgrades have changed it. */
  generation: number
  /** Set once no module asks for it any more; whether something that it had begun has been ended. */
  gone: { ended: boolean } | null
  /** The module as an upgrade leaves it; gives back what it was. */
  become(next: Next): Next
  /** Changes a part of what it is. */
  amend(part: (now: Next) => Partial<Next>): void
}

/** What an upgrade changes of a module's state. */
export interface Next {
  text: () => string
  /** Of its file; `null` where they have not been kept. */
  bytes: Buffer | null
  current: () => Model
  records: (slot: number) => FunctionRecord
  classes: (slot: number) => ClassRecord
  runs: (unit: UnitPiece) => UnitRun | null
  annexNames: Set<string>
  rebound: ReadonlySet<string>
  generation: number
}

/** What was loaded for upgrades that were undone. Node.js keeps it, and loads nothing anew from the same place. */
export interface Spent {
  /** Addresses of modules of the application. */
  modules: Set<string>
  /** Files of packages by their addresses, with a hash of what was in them. */
  files: Map<string, string>
}

/** All modules that live, and which function is meant by what was noted. */
export interface Living {
  states: Map<string, LivingState>
  recordOf(id: string, slot: number): FunctionRecord | null
  /** Where a file of the application stands in its release. */
  keyOf(url: string): string
  /** What Node.js has loaded and keeps, and is no part of the application. */
  spent: Spent
  /** Modules that were loaded for an upgrade which was undone. */
  forget(urls: Iterable<string>): void
  /** Functions of a patch. */
  addPatch(patch: LivingPatch): void
  /** Forgets patches of which no function can be called, and none has told of itself in a statement that counts. */
  forgetPatches(): void
}

export function livingModules(registry: Registry, application: Application, startup: Startup): Living {
  const states = new Map<string, LivingState>()
  const byUrl = new Map<string, LivingState>()
  const patches = livingPatches(registry, startup)
  const spent: Spent = { modules: new Set(), files: new Map() }
  const runs = groupRuns(startup)
  const prefix = `${pathToFileURL(application.root).href}/`
  return {
    get states() {
      for (const [url, loaded] of registry.modules) {
        if (byUrl.has(url) || spent.modules.has(url)) continue
        const key = keyOf(url, prefix, registry)
        const state = createState(key, loaded, runs)
        byUrl.set(url, state)
        states.set(key, state)
      }
      return states
    },
    spent,
    forget: urls => {
      for (const url of urls) {
        spent.modules.add(url)
        const state = byUrl.get(url)
        byUrl.delete(url)
        if (state && states.get(state.key) === state) states.delete(state.key)
      }
    },
    keyOf: url => keyOf(url, prefix, registry),
    recordOf: (id, slot) => patches.recordOf(id, slot) ?? byUrl.get(id)?.firstRecordOf(slot) ?? null,
    addPatch: patches.add,
    forgetPatches: patches.forget,
  }
}

/** Where a module stands in its release. One that is loaded under several addresses counts once for each. */
function keyOf(url: string, prefix: string, { homes }: Registry): string {
  for (const home of [prefix, ...homes]) if (url.startsWith(home)) return decodeURI(url.slice(home.length))
  return relative(fileURLToPath(prefix), fileURLToPath(url))
}

function groupRuns(startup: Startup): (url: string) => Map<number, UnitRun> {
  let known = new Map<string, Map<number, UnitRun>>()
  let count = -1
  return url => {
    if (count !== startup.runCount()) {
      count = startup.runCount()
      known = new Map()
      for (const run of startup.runs()) {
        const units = known.get(run.url) ?? new Map<number, UnitRun>()
        known.set(run.url, units.set(run.index, run))
      }
    }
    return known.get(url) ?? new Map()
  }
}

function createState(
  key: string,
  loaded: LoadedModule,
  runsOf: (url: string) => Map<number, UnitRun>,
): LivingState {
  let model: Model | null = null
  const base = () => {
    model ??= modelOf(loaded.text(), loaded.format)
    return model
  }
  const records = new Map<number, FunctionRecord>()
  const baseRecord = (slot: number) => {
    let record = records.get(slot)
    if (!record) {
      record = { targets: [baseTarget(slot)] }
      records.set(slot, record)
    }
    return record
  }
  const baseTarget = (slot: number): Target => ({
    write: () => {
      if (loaded.living === null) throw new Error(`${key} has not been evaluated to its end`)
      return loaded.living.write
    },
    slot,
    following: () => base().following[slot] ?? { how: 'not' },
    marker: () => markerIn(loaded.text(), slot),
    successor: 0,
  })
  const classes = new Map<number, ClassRecord>()
  const baseClass = (slot: number) => {
    const record = classes.get(slot) ?? { texts: [baseText(slot)] }
    classes.set(slot, record)
    return record
  }
  const baseText = (slot: number): ClassText => ({
    isLiving: () => true,
    door: () => {
      const code = base().codes[slot]
      if (code?.kind !== 'class' || !hasClassDoor(code)) return null
      return (loaded.living?.door(namesFor(loaded.text()).classDoor(slot)) as Door | undefined) ?? null
    },
    marker: () => markerIn(loaded.text(), slot),
  })
  // Looked for once in each text: an upgrade asks all modules, and again when nothing else may run.
  let reader: { text: Next['text']; is: boolean } | null = null
  let now: Next = {
    text: loaded.text,
    bytes: loaded.bytes,
    current: base,
    records: baseRecord,
    classes: baseClass,
    runs: ({ unit }) => runsOf(loaded.url).get(unit.statement) ?? null,
    annexNames: new Set(),
    rebound: new Set(),
    generation: 0,
  }
  return {
    key,
    loaded,
    base,
    annex: Object.create(null) as Record<string, unknown>,
    imports: Object.create(null) as Record<string, unknown>,
    gone: null,
    current: () => now.current(),
    get text() {
      return now.text()
    },
    isSame: bytes => now.bytes?.equals(bytes) ?? false,
    mayReadFiles: () => {
      if (reader?.text !== now.text) reader = { text: now.text, is: mayReadFiles(now.text()) }
      return reader.is
    },
    get annexNames() {
      return now.annexNames
    },
    get rebound() {
      return now.rebound
    },
    get generation() {
      return now.generation
    },
    firstRecordOf: baseRecord,
    recordOf: slot => now.records(slot),
    classOf: slot => now.classes(slot),
    runOf: unit => now.runs(unit),
    become: next => {
      const before = now
      now = next
      return before
    },
    amend: part => {
      now = { ...now, ...part(now) }
    },
  }
}

const markerIn = (text: string, slot: number) => `${namesFor(text).note}(${slot})`
