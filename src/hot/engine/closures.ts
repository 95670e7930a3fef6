import { Session } from 'node:inspector'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import type { Stranded } from '../apply/assembly.ts'
import { isAtRest } from './at-rest.ts'

/** How long closures that are in use now are given to be used up: those of a request that is being answered, say. Milliseconds. */
export const PATIENCE_MS = 1_000
const FIRST_PAUSE_MS = 20

/** The first of this kind in a function's text tells whose it is: what note it takes, and in which slot; a `w` is in none. */
const MARKER = /\$h(?:\d+_)?n[0-9a-f]{8}\(\d+w?\)/

/** What a module itself is evaluated by, which has all its functions in its text. */
const WHOLE_MODULE = /function \$h(?:\d+_)?n[0-9a-f]{8}\(/

/** What the text of a function tells of whose it is; `null` for one that is none of the application's modules. */
export function markerOf(closure: (...given: never[]) => unknown): string | null {
  const text = Function.prototype.toString.call(closure)
  if (!text.includes('$h') || WHOLE_MODULE.test(text)) return null
  return MARKER.exec(text)?.[0] ?? null
}

/**
 * Which functions that cannot be followed are kept by somebody, as reasons why not. One that is only in use for a moment is no reason: what
 * is in progress may finish with the old code.
 *
 * @param replaced functions that the upgrade itself puts others in the place of, or that nobody has but what it looks for.
 */
export async function keptClosures(stranded: Stranded[], replaced: Set<unknown>): Promise<HotReason[]> {
  if (stranded.length === 0) return []
  const byMarker = new Map(stranded.map(each => [each.marker, each]))
  let kept = await closuresOf(byMarker, replaced)
  for (let waited = 0, ms = FIRST_PAUSE_MS; kept.length > 0 && waited < PATIENCE_MS; waited += ms, ms *= 2) {
    await pause(ms)
    const wasAtRest = isAtRest()
    await collectGarbage()
    kept = kept.filter(({ closures }) => closures.some(isAlive))
    if (wasAtRest) break
  }
  return kept.flatMap(({ marker, closures }) => {
    const each = byMarker.get(marker)
    return each ? [reasonOf(each, closures.filter(isAlive).length)] : []
  })
}

function reasonOf({ module, line, why }: Stranded, count: number): HotReason {
  return {
    module,
    line,
    message: `${count === 1 ? 'a closure' : `${count} closures`} of the function here ${count === 1 ? 'is' : 'are'} kept and would go on with the old code: ${why}`,
    remedy: 'Move what changed into a function of the module, or use `upgrade()`.',
    allow: `${module}:${line}`,
  }
}

interface Found {
  marker: string
  closures: WeakRef<object>[]
}

/**
 * All living closures of some functions. A full garbage collection comes first. They themselves do not leave the callback: what waits keeps
 * whatever it has had in hand.
 */
export async function closuresOf(wanted: Map<string, unknown>, replaced: Set<unknown>): Promise<Found[]> {
  const found = new Map<string, WeakRef<object>[]>()
  await functionsOf(
    new Map([...wanted.keys()].map(marker => [marker, marker])),
    replaced,
    (closure, marker) => found.set(marker, [...(found.get(marker) ?? []), new WeakRef(closure)]),
  )
  return [...found].map(([marker, closures]) => ({ marker, closures }))
}

/** Hands over each living function of some texts, with what its text stands for. A full garbage collection comes first. */
export async function functionsOf<Whose>(
  wanted: ReadonlyMap<string, Whose>,
  replaced: ReadonlySet<unknown>,
  take: (closure: object, whose: Whose) => void,
): Promise<void> {
  await withObjects(Function.prototype, functions => {
    for (let index = 0; index < functions.length; index += 1) {
      const closure = functions[index]
      if (typeof closure !== 'function' || replaced.has(closure)) continue
      const marker = markerOf(closure as () => unknown)
      const whose = marker === null ? undefined : wanted.get(marker)
      if (whose !== undefined) take(closure, whose)
    }
  })
}

const isAlive = (closure: WeakRef<object>) => closure.deref() !== undefined

const collectGarbage = () => withObjects(Function.prototype, () => undefined)

/** How many objects live that inherit from a prototype. Prototypes of classes that extend it are none. */
export async function livingInstances(prototype: object): Promise<number> {
  let count = 0
  await withObjects(prototype, objects => {
    for (let index = 0; index < objects.length; index += 1)
      if (!Object.hasOwn(objects[index] as object, 'constructor')) count += 1
  })
  return count
}

/** Gives each object that lives and inherits from a prototype, but for prototypes. */
export async function eachInstance(prototype: object, use: (instance: object) => void): Promise<void> {
  await withObjects(prototype, objects => {
    for (let index = 0; index < objects.length; index += 1) {
      const instance = objects[index] as object
      if (!Object.hasOwn(instance, 'constructor')) use(instance)
    }
  })
}

/** The name under which the inspector is told what to look for, and hands over what it found, for a moment. */
const RECEIVER = Symbol.for('beam-deploy.hot.objects')

/** Gives all objects there are that inherit from a prototype, found by the inspector: nothing else knows them. */
async function withObjects(prototype: object, use: (objects: unknown[]) => void): Promise<void> {
  const session = new Session()
  session.connect()
  const post = promisify(session.post.bind(session)) as unknown as Post
  Object.defineProperty(globalThis, RECEIVER, { value: { prototype, use }, configurable: true })
  try {
    const objectGroup = 'beam-deploy'
    const { result } = await post('Runtime.evaluate', {
      expression: 'globalThis[Symbol.for("beam-deploy.hot.objects")].prototype',
      objectGroup,
    })
    const { objects } = await post('Runtime.queryObjects', {
      prototypeObjectId: result.objectId,
      objectGroup,
    })
    await post('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: 'function(){globalThis[Symbol.for("beam-deploy.hot.objects")].use(this)}',
    })
    await post('Runtime.releaseObjectGroup', { objectGroup })
  } finally {
    Reflect.deleteProperty(globalThis, RECEIVER)
    session.disconnect()
  }
}

type Post = (
  method: string,
  parameters: object,
) => Promise<{ result: { objectId: string }; objects: { objectId: string } }>
