import type { CodeOfDefinition } from '../rpc/process-contracts.ts'
import type { Spec } from './spec.ts'

const FUNCTIONS = ['init', 'codeChange', 'terminate', 'onError'] as const

/**
 * A definition for processes that go on with it when it has been replaced: its functions run the code that they had, also those that stand
 * elsewhere and follow the upgrade. It is the same one where `asItWas` has nothing to keep.
 */
export function keepSpec(spec: Spec, asItWas: (code: CodeOfDefinition) => CodeOfDefinition): Spec {
  const keep = <Value>(value: Value): Value =>
    typeof value === 'function' ? (asItWas(value as CodeOfDefinition) as Value) : value
  const kept: PropertyDescriptorMap = {}
  for (const key of FUNCTIONS) {
    const value = keep(spec[key])
    if (value !== spec[key]) kept[key] = { value }
  }
  for (const key of ['calls', 'casts'] as const) {
    const handlers = keepIn(spec[key], keep)
    if (handlers !== spec[key]) kept[key] = { value: handlers }
  }
  if (Object.keys(kept).length === 0) return spec
  const made = Object.create(spec, kept) as Spec
  originals.set(made, spec)
  return made
}

const originals = new WeakMap<Spec, Spec>()

/** All functions that a definition consists of, those included that it runs the former code of. */
export function functionsIn(spec: Spec): object[] {
  const { calls, casts, init, codeChange, terminate, onError } = spec
  const own = [...Object.values(calls), ...Object.values(casts), init, codeChange, terminate, onError]
  const original = originals.get(spec)
  return [...own.filter(each => typeof each === 'function'), ...(original ? functionsIn(original) : [])]
}

/** A handler finds the others by `this`. */
function keepIn<Handlers extends object>(handlers: Handlers, keep: <Value>(value: Value) => Value): Handlers {
  const all: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(handlers)
  let isSame = true
  for (const [name, descriptor] of Object.entries(all)) {
    const value: unknown = keep(descriptor.value)
    if (value === descriptor.value) continue
    all[name] = { ...descriptor, value }
    isSame = false
  }
  return isSame
    ? handlers
    : (Object.create(Object.getPrototypeOf(handlers) as object | null, all) as Handlers)
}
