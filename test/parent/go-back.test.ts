import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Generation } from '../../src/parent/generation.ts'
import { goBack } from '../../src/parent/go-back.ts'

/** A generation that notes what it is told. */
const noting = (name: string, notes: string[]) =>
  ({
    release: { version: name },
    unpark: async () => {
      notes.push(`${name} accepts`)
      return true
    },
    retire: () => void notes.push(`${name} stops accepting`),
  }) as Partial<Generation> as Generation

test('the release that failed gets no connection more before that is written to disk', async () => {
  const notes: string[] = []
  const [incoming, outgoing] = [noting('2.0.0', notes), noting('1.0.0', notes)]
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const serving = await goBack(incoming, {
    outgoing,
    logger,
    isStopping: () => false,
    newGeneration: () => assert.fail('nothing is to be booted'),
    restore: async () => void notes.push('written to disk'),
    serve: ({ release }) => void notes.push(`${release.version} serves`),
    drains: {
      add: ({ release }) => void notes.push(`${release.version} drains`),
      list: () => [],
      ended: async () => undefined,
    },
    onGone: () => undefined,
  })
  assert.equal(serving, outgoing)
  assert.deepEqual(notes, [
    '1.0.0 accepts',
    '1.0.0 serves',
    '2.0.0 stops accepting',
    'written to disk',
    '2.0.0 drains',
  ])
})
