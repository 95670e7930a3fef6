import { namesFor } from '../instrument/names.ts'
import { WHOLE } from '../model/exports.ts'
import { DEFAULT, type Unit } from '../model/units.ts'
import type { Running } from '../plan/judge.ts'
import { exportRoot } from '../plan/slices.ts'
import type { BuiltWorld } from './build-world.ts'
import type { LivingState } from './living.ts'

/** What can be seen of the running process. */
export function createRunning(built: BuiltWorld): Running {
  return {
    value: (module, name) => {
      const state = built.stateOf(module)
      return state ? valueIn(state, name) : undefined
    },
    opened: (module, unit) =>
      (module.runOf(unit)?.opened ?? []).flatMap(({ type, resource }) =>
        isOpen(type, resource) ? [describe(type)] : [],
      ),
    usersOf: module => [module, ...built.importersOf(module.key)],
    accepts: module => built.stateOf(module)?.loaded.wishes.accepts ?? false,
    disposes: module => (built.stateOf(module)?.loaded.wishes.disposals.length ?? 0) > 0,
  }
}

/** The first that a unit sets: a variable, or `exports.x`. */
export function heldBy({ kind, names }: Unit): string | undefined {
  const [name] = names
  return name !== undefined && kind === 'export' ? exportRoot(name) : name
}

/** What a variable of a living module holds, or its `exports.x`; `undefined` for one that is not initialised. */
export function valueIn(state: LivingState, name: string): unknown {
  const { annex, annexNames, loaded, base } = state
  if (name.startsWith(exportRoot(''))) return exportIn(state, name.slice(exportRoot('').length))
  if (annexNames.has(name)) return annex[name === DEFAULT ? 'default' : name]
  if (!base().parsed.scope.set.has(name) && name !== DEFAULT) return undefined
  try {
    return loaded.living?.door(name === DEFAULT ? namesFor(base().text).defaultExport : name)
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** What sets a variable that {@link valueIn} reads. */
export function setterIn(
  { annex, annexNames, loaded, base }: LivingState,
  name: string,
): (value: unknown) => void {
  if (annexNames.has(name))
    return value => {
      annex[name === DEFAULT ? 'default' : name] = value
    }
  const variable = name === DEFAULT ? namesFor(base().text).defaultExport : name
  return loaded.living?.door(`(v=>{${variable}=v})`) as (value: unknown) => void
}

/** Getters are not asked: they are code of the application. */
function exportIn({ loaded }: LivingState, name: string): unknown {
  const { exports } = (loaded.living?.inside ?? {}) as { exports?: unknown }
  if (name === WHOLE || (typeof exports !== 'object' && typeof exports !== 'function') || exports === null)
    return name === WHOLE ? exports : undefined
  return Object.getOwnPropertyDescriptor(exports, name)?.value
}

/** A timer that has fired or was cleared is still there as long as somebody holds it. */
function isOpen(type: string, resource: WeakRef<object>): boolean {
  const living = resource.deref()
  if (living === undefined || type === 'DNSCHANNEL' || isStandard(living)) return false
  return !('_destroyed' in living && living._destroyed === true)
}

/** Standard input, output and error are opened by who uses them first, and belong to the process. */
function isStandard(resource: object): boolean {
  return 'fd' in resource && typeof resource.fd === 'number' && resource.fd >= 0 && resource.fd <= 2
}

const WORDS: Record<string, string> = {
  Timeout: 'a timer',
  TCPSERVERWRAP: 'a server',
  PIPESERVERWRAP: 'a server on a Unix socket',
  TCPWRAP: 'a connection',
  TCPCONNECTWRAP: 'a connection',
  PIPEWRAP: 'a pipe',
  UDPWRAP: 'a UDP socket',
  PROCESSWRAP: 'a child process',
  FSEVENTWRAP: 'a watcher',
  STATWATCHER: 'a watcher',
  SIGNALWRAP: 'a signal handler',
  WORKER: 'a worker thread',
  MESSAGEPORT: 'a message port',
}

const describe = (type: string) => WORDS[type] ?? `a ${type}`
