import { isDeepStrictEqual } from 'node:util'
import { type Files, type ProgramError, startHotProgram } from '../hot-program.ts'
import type { Scope } from '../scope.ts'
import { type AppFormat, entryFormat } from './make-app.ts'
import type { AppModel } from './model.ts'
import { LOOK, lookAt, type Seen } from './observe.ts'
import type { Version } from './versions.ts'
import { entryOf } from './write-app.ts'

/** What is not as it should be. */
export interface Fault {
  what: string
  was: unknown
  is: unknown
}

export interface Outcome {
  accepted: boolean
  faults: Fault[]
  /** Why it was refused. */
  reasons: string[]
}

/** A running application that is upgraded from one version to the next. */
export interface Played {
  upgrade(to: Version): Promise<Outcome>
}

/**
 * Starts a version. After an accepted upgrade, all that code gives is what a fresh start of the new version gives, and all state is what it
 * was; after a refused one, both are.
 */
export async function play(t: Scope, first: Version, format: AppFormat): Promise<Played> {
  const file = entryOf(entryFormat(format))
  const program = await startHotProgram(t, first.files, { entry: file })
  const look = (app: AppModel, changes: boolean) => program.run<Seen>(LOOK, lookAt(app, file, null, changes))
  let version = first
  let code = (await look(first.app, true)).code
  const atStart = differences('at the start', first.seen.code, code)

  async function check(before: Seen['state'], now: Version, accepted: boolean): Promise<Fault[]> {
    const what = accepted ? 'accepted' : 'refused'
    try {
      const { state } = await look(now.app, false)
      const kept = Object.entries(before).filter(([key]) => key in state)
      const expected = { ...now.seen.state, ...Object.fromEntries(kept) }
      const shown = (await look(now.app, true)).code
      const faults = differences(what, accepted ? now.seen.code : code, shown)
      code = shown
      return [...differences('state', expected, state), ...faults]
    } catch (error) {
      return [{ what, was: 'works', is: String((error as Error).stack) }]
    }
  }

  return {
    upgrade: async to => {
      const { state } = await look(version.app, false)
      const refusal = await program.upgrade({ ...gone(version.files), ...to.files }).then(
        () => null,
        (error: ProgramError) => error,
      )
      if (refusal === null) version = to
      const faults = [...atStart, ...(await check(state, version, refusal === null))]
      if (refusal && !refusal.reasons) faults.push({ what: 'refused', was: 'a reason', is: refusal.stack })
      return { accepted: refusal === null, faults, reasons: refusal ? reasonsOf(refusal) : [] }
    },
  }
}

const gone = (files: Files): Files => Object.fromEntries(Object.keys(files).map(path => [path, null]))

const reasonsOf = ({ reasons, message }: ProgramError): string[] =>
  reasons?.map(each => `${each.module}:${each.line}: ${each.message}`) ?? [message]

function differences(
  what: string,
  expected: Record<string, unknown>,
  actual: Record<string, unknown>,
): Fault[] {
  const keys = Object.keys(expected).filter(key => key in actual || !key.endsWith(' export'))
  return [...new Set([...keys, ...Object.keys(actual)])].flatMap(key =>
    isDeepStrictEqual(expected[key], actual[key])
      ? []
      : [{ what: `${what}: ${key}`, was: expected[key], is: actual[key] }],
  )
}
