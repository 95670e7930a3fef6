import { now } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { CodeOfDefinition, LeftProcess, Staging } from '../rpc/process-contracts.ts'
import { copyState } from './copy-state.ts'
import { nameOf } from './failures.ts'
import {
  type Definition,
  HELD_BY,
  type Instance,
  isBehind,
  isQuiet,
  isThenable,
  onceQuiet,
  runAs,
} from './instance.ts'
import { keepSpec } from './keep-spec.ts'
import { release } from './operations.ts'
import type { Spec } from './spec.ts'

/** What becomes of definitions while a staging is open. */
export interface OpenStaging {
  staging: Staging
  /** A definition under a living name. */
  restage(definition: Definition, spec: Spec): void
  /** One under a new name. */
  created(definition: Definition): void
}

interface Staged {
  definition: Definition
  from: Spec
  to: Spec
}

/** A process as it was before the swap. */
interface Former {
  instance: Instance
  spec: Spec
  state: unknown
}

/** @param onEnd runs when it is over. */
export function openStaging(definitions: Map<string, Definition>, onEnd: () => void): OpenStaging {
  const staged = new Map<Definition, Staged>()
  const held = new Set<Instance>()
  const made: Definition[] = []
  const over = Promise.withResolvers<void>()
  const gated = new Set<Definition>()
  let formers: Former[] = []
  /** Not ready in time. */
  let late: Instance[] = []
  /** Found busy at the swap, and not waited for, since nobody had named them. */
  let unforeseen: Instance[] = []
  /** What those had that go on with their old definition, before its functions were kept as they were. */
  const keeping = new Map<Instance, Spec>()
  let keepOld: (spec: Spec) => Spec = spec => spec
  let undone = false

  function gate(definition: Definition): void {
    definition.gate = over.promise
    gated.add(definition)
  }

  const suspend: Staging['suspend'] = async (names, timeoutMs) => {
    const busy = new Set<Instance>()
    const all = Promise.withResolvers<void>()
    for (const name of names) {
      const definition = definitions.get(name)
      if (!definition) continue
      gate(definition)
      for (const instance of definition.instances.values()) hold(instance, busy, all.resolve)
    }
    for (const definition of definitions.values())
      if (!gated.has(definition))
        for (const instance of definition.instances.values())
          if (isBehind(instance)) hold(instance, busy, all.resolve)
    if (busy.size > 0) {
      const timer = setTimeout(all.resolve, timeoutMs)
      await all.promise
      clearTimeout(timer)
    }
    const skipped = [...busy].map(instance => ({
      name: instance.definition.name,
      message: `${nameOf(instance)} ${whatItDoes(instance)} after ${timeoutMs} ms; it keeps its definition and its state`,
    }))
    // Whoever becomes quiet from now on is no longer waited for.
    late = [...busy]
    busy.clear()
    for (const instance of late) release(instance, HELD_BY.staging)
    return { suspended: held.size, skipped }
  }

  function hold(instance: Instance, busy: Set<Instance>, done: () => void): void {
    instance.holds |= HELD_BY.staging
    if (isQuiet(instance)) {
      held.add(instance)
      return
    }
    busy.add(instance)
    onceQuiet(instance, () => {
      if (!busy.delete(instance)) return
      if (instance.life.state !== 'ended') held.add(instance)
      if (busy.size === 0) done()
    })
  }

  function swap(asItWas: (code: CodeOfDefinition) => CodeOfDefinition): void {
    keepOld = spec => keepSpec(spec, asItWas)
    for (const { definition, to } of staged.values()) {
      const wasNamed = gated.has(definition)
      definition.spec = to
      if (wasNamed) continue
      gate(definition)
      for (const instance of definition.instances.values()) {
        if (isQuiet(instance)) {
          instance.holds |= HELD_BY.staging
          held.add(instance)
        } else unforeseen.push(instance)
      }
    }
    for (const instance of held) {
      if (!isBehind(instance)) continue
      formers.push({ instance, spec: instance.spec, state: instance.state })
      instance.spec = instance.definition.spec
    }
    for (const instance of new Set([...late, ...unforeseen])) if (isBehind(instance)) keep(instance)
  }

  /** It goes on with its old definition. */
  function keep(instance: Instance): void {
    keeping.set(instance, instance.spec)
    instance.spec = keepOld(instance.spec)
  }

  const migrate: Staging['migrate'] = async (extra, onError) => {
    const failed = unforeseen.map(instance => ({
      name: instance.definition.name,
      message: `${nameOf(instance)} was not suspended and is busy; it keeps its definition and its state`,
    }))
    const stillBehind: LeftProcess[] = []
    const pending: PromiseLike<void>[] = []
    const firstFailure = Promise.withResolvers<void>()
    let succeeded = 0
    const isEnough = () => onError === 'revert' && failed.length > 0

    for (const former of formers) {
      if (isEnough()) break
      const { instance, spec, state } = former
      const take = (next: unknown) => {
        instance.task = null
        if (undone) return
        instance.state = next
        succeeded += 1
      }
      const fail = (error: unknown) => {
        instance.task = null
        if (undone) return
        const isStaged = staged.has(instance.definition)
        const list = isStaged ? failed : stillBehind
        list.push({
          name: spec.name,
          message: `codeChange of ${nameOf(instance)} threw: ${messageOf(error)}`,
        })
        if (isStaged && onError === 'revert') firstFailure.resolve()
        else {
          restore(former)
          keep(instance)
        }
      }
      try {
        const next = changeState(instance, spec.version, state, extra)
        if (isThenable(next)) pending.push(next.then(take, fail))
        else take(next)
      } catch (error) {
        fail(error)
      }
    }
    if (pending.length > 0 && !isEnough()) {
      const all = Promise.all(pending)
      await (onError === 'revert' ? Promise.race([all, firstFailure.promise]) : all)
    }
    return { succeeded, failed, stillBehind }
  }

  function undo(): void {
    undone = true
    for (const { definition, from } of staged.values()) definition.spec = from
    for (const [instance, spec] of keeping) instance.spec = spec
    for (const former of formers) restore(former)
    for (const { name, instances } of made) if (instances.size === 0) definitions.delete(name)
    formers = []
    late = []
    unforeseen = []
    keeping.clear()
    staged.clear()
  }

  return {
    restage: (definition, to) => {
      staged.set(definition, { definition, from: staged.get(definition)?.from ?? definition.spec, to })
    },
    created: definition => void made.push(definition),
    staging: {
      suspend,
      staged: () =>
        [...staged.values()].map(({ from, to }) => ({ name: to.name, from: from.version, to: to.version })),
      swap,
      migrate,
      undo,
      end: () => {
        undone = true
        for (const instance of held) release(instance, HELD_BY.staging)
        held.clear()
        for (const definition of gated) definition.gate = null
        over.resolve()
        onEnd()
      },
    },
  }
}

function restore({ instance, spec, state }: Former): void {
  instance.task = null
  instance.spec = spec
  instance.state = state
}

function changeState(instance: Instance, oldVersion: string, state: unknown, extra: unknown): unknown {
  const { spec } = instance
  if (!spec.codeChange || spec.version === oldVersion) return state
  const task = { kind: 'codeChange', since: now() } as const
  instance.task = task
  return runAs(task, () => spec.codeChange?.(oldVersion, copyState(state), extra))
}

function whatItDoes({ task, life }: Instance): string {
  if (task === null) return life.state === 'starting' ? 'has not started' : 'is busy'
  if ('name' in task) return `still handles ${JSON.stringify(task.name)}`
  return `still runs its ${task.kind}`
}
