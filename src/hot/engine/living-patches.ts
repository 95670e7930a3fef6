import type { FunctionRecord } from '../plan/world.ts'
import type { Registry, WriteSlot } from '../runtime/registry.ts'
import type { EditedText } from '../runtime/stack-traces.ts'
import type { Startup } from '../runtime/startup.ts'

/** What has been compiled in the scope of a module. It is freed once nobody can call any function of it. */
export interface LivingPatch {
  id: string
  write: WriteSlot
  records: Map<number, FunctionRecord>
  sourceUrl: string
  /** Patches of one module that belong to one upgrade have the same. */
  edited: EditedText
}

/** Patches that can still be called, and what stack traces have to know of them. */
export interface LivingPatches {
  add(patch: LivingPatch): void
  recordOf(id: string, slot: number): FunctionRecord | null
  /** Forgets those of which no function can be called, and none has told of itself in a statement that counts. */
  forget(): void
}

export function livingPatches({ patched }: Registry, startup: Startup): LivingPatches {
  const patches = new Map<string, { records: Map<number, FunctionRecord>; write: WeakRef<WriteSlot> }>()
  /** How many patches with a text there are. */
  const alive = new Map<EditedText, number>()
  const freed = new FinalizationRegistry<Pick<LivingPatch, 'sourceUrl' | 'edited'>>(
    ({ sourceUrl, edited }) => {
      const others = (alive.get(edited) ?? 1) - 1
      if (others > 0) {
        alive.set(edited, others)
        return
      }
      alive.delete(edited)
      if (patched.get(sourceUrl) === edited) patched.delete(sourceUrl)
    },
  )
  return {
    add: ({ id, records, write, sourceUrl, edited }) => {
      patches.set(id, { records, write: new WeakRef(write) })
      alive.set(edited, (alive.get(edited) ?? 0) + 1)
      freed.register(write, { sourceUrl, edited })
    },
    recordOf: (id, slot) => patches.get(id)?.records.get(slot) ?? null,
    forget: () => {
      const ran = startup.runs().flatMap(run => [...run.ran, ...run.ranLater.values()])
      const told = new Set([...ran, ...startup.ranLater()].map(({ url }) => url))
      for (const [id, { write }] of patches)
        if (write.deref() === undefined && !told.has(id)) patches.delete(id)
    },
  }
}
