import type { Facade, SetVariable } from '../runtime/facades.ts'
import type { Access } from './imports.ts'

/** A variable of a facade: what it stands for can be another one after an upgrade. */
export interface FacadeVariable {
  name: string
  get: Access
  /** What tells of each assignment; `null` where upgrades alone change it. */
  source: Source | null
}

/** A property that is watched. */
export type Source = Readonly<{ key: string }>

/** A facade, seen by upgrades. */
export interface LinkedFacade {
  /** Of the module that it stands for. */
  key: string
  facade: Facade
  variables: FacadeVariable[]
  /** Of those that have been evaluated. */
  setters: SetVariable[]
}

/** Facades of all upgrades: whoever was linked with one has to see what its names stand for now. */
export interface LinkedFacades {
  all: Set<LinkedFacade>
  /** How many there have been. */
  count: number
  /** Gives every variable the value that there is now. */
  update(): void
  /** Has a variable that an upgrade added tell when it is assigned. */
  watch(annex: Record<string, unknown>, key: string): Source
}

export function createLinkedFacades(): LinkedFacades {
  const all = new Set<LinkedFacade>()
  const sources = new WeakMap<object, Map<string, Source>>()

  function assigned(source: Source, value: unknown): void {
    for (const { variables, setters } of all)
      for (const [index, variable] of variables.entries())
        if (variable.source === source) for (const set of setters) set(index, value)
  }

  return {
    all,
    count: 0,
    update: () => {
      for (const facade of all) for (const set of facade.setters) setAll(facade, set)
    },
    watch: (annex, key) => {
      const known = sources.get(annex) ?? new Map<string, Source>()
      sources.set(annex, known)
      const watched = known.get(key)
      if (watched) return watched
      const source = { key }
      known.set(key, source)
      let value = annex[key]
      Object.defineProperty(annex, key, {
        get: () => value,
        set: next => {
          value = next
          assigned(source, next)
        },
        enumerable: true,
        configurable: true,
      })
      return source
    },
  }
}

export function setAll({ variables }: LinkedFacade, set: SetVariable): void {
  for (const [index, { get }] of variables.entries()) set(index, initialised(get))
}

/** `undefined` for what is not initialised yet. */
function initialised(get: Access): unknown {
  try {
    return get()
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}
