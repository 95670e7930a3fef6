import type { Scope } from '../scope.ts'
import type { AppFormat } from './make-app.ts'
import { type Outcome, play } from './play.ts'
import { randomFrom } from './random.ts'
import { shrink } from './shrink.ts'
import { type FreshStarts, firstVersion, nextVersion, type Version } from './versions.ts'

export interface Explored {
  upgrades: number
  accepted: number
}

/** One application through some upgrades. Throws what is wrong, with the smallest versions that show it. */
export async function explore(
  fresh: FreshStarts,
  seed: number,
  format: AppFormat,
  upgrades: number,
): Promise<Explored> {
  const random = randomFrom(seed)
  const first = await firstVersion(fresh, random, format)
  const versions = [first]
  return withCleanup(async t => {
    const played = await play(t, first, format)
    let last = first
    for (let upgrade = 1; upgrade <= upgrades; upgrade += 1) {
      const next = await nextVersion(fresh, last, random, format)
      const outcome = await played.upgrade(next)
      if (outcome.faults.length > 0)
        throw new Error(
          `seed ${seed}, ${format}, upgrade ${upgrade}\n${await described([...versions, next], outcome, fresh, format)}`,
        )
      if (!outcome.accepted) continue
      last = next
      versions.push(next)
    }
    return { upgrades, accepted: versions.length - 1 }
  })
}

async function described(
  versions: Version[],
  outcome: Outcome,
  fresh: FreshStarts,
  format: AppFormat,
): Promise<string> {
  const kind = kindOf(outcome)
  const fails = async (some: Version[]) => kindOf(await lastOutcome(some, format)) === kind
  const pair = versions.slice(-2)
  const apps = ((await fails(pair)) ? pair : versions).map(({ app }) => app)
  const small = await shrink(apps, fresh, format, fails)
  const shown = small.length > 0 ? small : versions.slice(-2)
  const now = small.length > 0 ? await lastOutcome(small, format) : outcome
  const texts = shown.map(({ files }, index) =>
    [`--- version ${index + 1}`, ...Object.entries(files).map(([path, text]) => `// ${path}\n${text}`)].join(
      '\n',
    ),
  )
  return `${JSON.stringify(now, null, 1)}\n${texts.join('\n')}`
}

const kindOf = ({ faults }: Outcome) => faults[0]?.what.replace(/:.*/, '') ?? null

const lastOutcome = (versions: Version[], format: AppFormat): Promise<Outcome> =>
  withCleanup(async t => {
    let last: Outcome = { accepted: true, faults: [], reasons: [] }
    const [first] = versions
    if (!first) return last
    const played = await play(t, first, format)
    for (const version of versions.slice(1)) {
      last = await played.upgrade(version)
      if (last.faults.length > 0) break
    }
    return last
  })

async function withCleanup<Result>(run: (t: Scope) => Promise<Result>): Promise<Result> {
  const undo: (() => unknown)[] = []
  try {
    return await run({ after: each => void undo.push(each) })
  } finally {
    for (const each of undo.reverse()) await each()
  }
}
