import { namesFor } from '../instrument/names.ts'
import type { Member } from '../model/model.ts'
import { DEFAULT } from '../model/units.ts'
import type { ClassRecord, Target } from '../plan/world.ts'
import type { Startup } from '../runtime/startup.ts'
import type { UnitRun } from '../runtime/unit-run.ts'
import type { FunctionCode } from '../syntax/code.ts'
import type { Installation } from './assembly.ts'
import type { Compiled } from './compile.ts'
import { keepExports, setExport, setExports } from './install-exports.ts'
import { type AnyClass, livingClass } from './living-class.ts'
import { keyOf } from './member-keys.ts'
import { type Journal, setProperty } from './undo.ts'

/** Sets the successors of functions, and the members of classes. None of the application's code runs. */
export function installCode(compiled: Compiled, startup: Startup, journal: Journal): void {
  for (const [installation, value] of compiled.values) {
    switch (installation.do) {
      case 'follow':
        follow(installation, value, startup, journal)
        break
      case 'add-member':
        addMember(livingClass(installation.home), installation.member, value, journal)
        break
      case 'complete':
      case 'static':
      case 'evaluate':
        break
      default: {
        const unreachable: never = installation
        throw new Error(`unknown installation ${JSON.stringify(unreachable)}`)
      }
    }
  }
}

function follow(
  { element, targets, home }: Extract<Installation, { do: 'follow' }>,
  value: unknown,
  startup: Startup,
  journal: Journal,
): void {
  setSuccessor(targets, successorOf(element, value, home), startup, journal)
}

/** From now on, whoever calls a function by one of these calls its successor. */
export function setSuccessor(
  targets: Target[],
  successor: unknown,
  startup: Startup,
  journal: Journal,
): void {
  for (const target of targets) {
    const before = target.successor
    const write = target.write()
    if (write === null) continue
    journal.record(() => {
      write(target.slot, before)
      target.successor = before
    })
    startup.release(write, target.slot)
    write(target.slot, successor)
    target.successor = successor
  }
}

type ToDescriptor = (...given: unknown[]) => PropertyDescriptor

function successorOf(
  element: Extract<Installation, { do: 'follow' }>['element'],
  value: unknown,
  home: ClassRecord | null,
): unknown {
  switch (element.kind) {
    case 'function':
      return value
    case 'construction':
      return (value as (home: unknown) => unknown)(home && Object.getPrototypeOf(livingClass(home)))
    case 'method': {
      const make = value as ToDescriptor
      if (element.following.how === 'by-factory')
        return (...captures: unknown[]) => functionIn(make(...captures))
      return functionIn(make(inheritedBy(element.code, home)))
    }
    default:
      throw new Error(`a ${element.kind} is no successor`)
  }
}

const functionIn = ({ get, set, value }: PropertyDescriptor): unknown => get ?? set ?? value

/** What `super` means in a member: the prototype of what the member is on. */
function inheritedBy({ node, owner }: FunctionCode, home: ClassRecord | null): object | null {
  if (home === null || owner === null || owner.within !== null) return Object.prototype
  const living = livingClass(home)
  const isStatic = owner.node.body.body.some(
    member => member.type === 'MethodDefinition' && member.static && member.value === node,
  )
  return Object.getPrototypeOf(isStatic ? living : living.prototype) as object | null
}

function addMember(living: AnyClass, member: Member, value: unknown, journal: Journal): void {
  const target: object = member.node.static ? living : living.prototype
  const { get, set, value: method } = (value as ToDescriptor)(Object.getPrototypeOf(target))
  const key = certainKey(member)
  const known = Object.getOwnPropertyDescriptor(target, key)
  const whole: PropertyDescriptor = { enumerable: false, configurable: true }
  if (get || set) Object.assign(whole, { get: get ?? known?.get, set: set ?? known?.set })
  else Object.assign(whole, { value: method as unknown, writable: true })
  const name = typeof key === 'symbol' ? `[${key.description}]` : String(key)
  Object.defineProperty(get ?? set ?? (method as object), 'name', {
    value: `${get ? 'get ' : set ? 'set ' : ''}${name}`,
    configurable: true,
  })
  setProperty(target, key, whole, journal)
}

function certainKey(member: Member): PropertyKey {
  const key = keyOf(member)
  if (key === null) throw new Error(`a member whose name cannot be told: ${member.signature}`)
  return key
}

export function removeMember(home: ClassRecord, member: Member, journal: Journal): void {
  const { node } = member
  const living = livingClass(home)
  const target: object = node.static ? living : living.prototype
  const key = certainKey(member)
  const known = Object.getOwnPropertyDescriptor(target, key)
  const other = node.kind === 'get' ? known?.set : node.kind === 'set' ? known?.get : undefined
  if (other === undefined) {
    setProperty(target, key, null, journal)
    return
  }
  const rest: PropertyDescriptor = { ...known }
  if (node.kind === 'get') delete rest.get
  else delete rest.set
  // What is not mentioned would stay.
  setProperty(target, key, null, journal)
  setProperty(target, key, rest, journal)
}

/** Where the living module has a variable: in its scope, or among those that were added. */
function placeOf({ state, annexNames }: Compiled, name: string): { annex: string } | { variable: string } {
  if (annexNames.has(name)) return { annex: name === DEFAULT ? 'default' : name }
  return { variable: name === DEFAULT ? namesFor(state.base().text).defaultExport : name }
}

/**
 * Evaluates a unit in the living module; what its names held can be had back.
 *
 * @param observed is told what ran.
 */
export function evaluate(
  compiled: Compiled,
  installation: Extract<Installation, { do: 'evaluate' }>,
  observed: UnitRun,
  startup: Startup,
  journal: Journal,
): void {
  const { unit } = installation.unit
  const run = compiled.values.get(installation) as () => unknown
  if (unit.kind === 'variable' || unit.kind === 'definition')
    for (const name of unit.names) keepVariable(compiled, name, journal)
  const { inside } = compiled.state.loaded.living ?? {}
  if (unit.exports.length > 0) keepExports(inside, unit.exports, journal)
  startup.observe(observed, () => {
    const value = run()
    if (installation.element.kind === 'exports') setExports(inside, value)
    if (installation.element.kind === 'property') setExport(inside, value as object)
  })
}

/** Sets a static field of a living class. */
export function evaluateStatic(
  compiled: Compiled,
  installation: Extract<Installation, { do: 'static' }>,
  observed: UnitRun,
  startup: Startup,
  journal: Journal,
): void {
  const living = livingClass(installation.home)
  const run = compiled.values.get(installation) as (this: unknown) => unknown
  startup.observe(observed, () => {
    const value = run.call(living)
    setProperty(
      living,
      installation.field.name,
      { value, writable: true, enumerable: true, configurable: true },
      journal,
    )
  })
}

function keepVariable(compiled: Compiled, name: string, journal: Journal): void {
  const place = placeOf(compiled, name)
  const { annex, loaded } = compiled.state
  if ('annex' in place) {
    const before = place.annex in annex
    const value = annex[place.annex]
    journal.record(() => {
      if (before) annex[place.annex] = value
      else delete annex[place.annex]
    })
    return
  }
  const before = loaded.living?.door(place.variable)
  const own = namesFor(compiled.state.base().text).value
  const set = loaded.living?.door(`(${own}=>{${place.variable}=${own}})`) as (value: unknown) => void
  journal.record(() => set(before))
}
