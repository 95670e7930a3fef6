import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from '../support/random-app/explore.ts'
import { freshStarts } from '../support/random-app/versions.ts'

/** `RANDOM_UPGRADES=<first seed>-<last seed>` looks elsewhere, and takes as long as it takes. */
const [from = 1, to = 8] = (process.env.RANDOM_UPGRADES ?? '').split('-').filter(Boolean).map(Number)
const UPGRADES = 12

const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index)

for (const format of ['module', 'commonjs', 'mixed'] as const)
  test(`random applications, ${format}: accepted upgrades give what a fresh start gives and keep state; refused ones change nothing`, async t => {
    const fresh = await freshStarts(t)
    let [upgrades, accepted] = [0, 0]
    const waiting = [...seeds]
    const next = async () => {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
        const explored = await explore(fresh, seed, format, UPGRADES)
        upgrades += explored.upgrades
        accepted += explored.accepted
      }
    }
    await Promise.all([next(), next()])
    assert(accepted > upgrades / 2, `${accepted} of ${upgrades} were accepted`)
  })
