import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cacheTexts, type ModuleSource } from '../../src/hot/runtime/text-cache.ts'
import { tempDir } from '../support/pack-app.ts'

const source = (text: string, name: string): ModuleSource => ({
  name,
  bytes: Buffer.from(text),
  format: 'module',
  typescript: false,
  javascript: () => text,
})

/** A cache as of one start, and which texts it had made. */
function start(file: string | null) {
  const made: string[] = []
  let opened = 0
  const cache = cacheTexts(
    file,
    ({ javascript }) => {
      made.push(javascript())
      if (javascript() === 'as it is') return null
      return { code: `made of ${javascript()}`, key: 'key', positions: () => `{"of":"${javascript()}"}` }
    },
    () => {
      opened += 1
    },
  )
  const ask = (text: string, name = text) => cache.instrument(source(text, name))
  return {
    ...cache,
    made,
    opened: () => opened,
    ask,
    code: (text: string, name?: string) => ask(text, name)?.code ?? null,
  }
}

test('what one start has made the next ones have, also what was loaded after the first time it was saved', t => {
  const file = join(tempDir(t), 'cache', 'texts')
  const first = start(file)
  assert.deepEqual(
    ['one', 'zwölf', 'as it is'].map(text => first.code(text)),
    ['made of one', 'made of zwölf', null],
  )
  first.save()
  assert.equal(first.code('late'), 'made of late')
  first.save()
  const second = start(file)
  assert.deepEqual(
    ['zwölf', 'as it is', 'late', 'one'].map(text => second.code(text)),
    ['made of zwölf', null, 'made of late', 'made of one'],
  )
  assert.deepEqual(second.made, [])
  assert.equal(second.ask('zwölf')?.positions(), '{"of":"zwölf"}')
  assert.equal(second.ask('one')?.key, 'key')
})

test('whoever has to have the file closed is told each time it is opened', t => {
  const first = start(join(tempDir(t), 'texts'))
  first.code('one')
  first.code('two')
  assert.equal(first.opened(), 1)
  first.save()
  first.code('late')
  assert.equal(first.opened(), 2)
})

test('a module whose text has changed is made anew, however alike the two are', t => {
  const file = join(tempDir(t), 'texts')
  const first = start(file)
  first.code('one', 'module.js')
  first.code('two', 'module.js?again')
  first.save()
  const second = start(file)
  assert.equal(second.code('One', 'module.js'), 'made of One')
  assert.equal(second.code('two', 'module.js?again'), 'made of two')
  second.save()
  assert.deepEqual(second.made, ['One'])
  assert.equal(start(file).code('One', 'module.js'), 'made of One')
})

test('what a start has not asked for is forgotten', t => {
  const file = join(tempDir(t), 'texts')
  const first = start(file)
  first.code('old')
  first.save()
  const second = start(file)
  second.code('new')
  second.save()
  const third = start(file)
  third.code('old')
  third.code('new')
  assert.deepEqual(third.made, ['old'])
})

test('a damaged file, or none, only costs time', t => {
  const file = join(tempDir(t), 'texts')
  const first = start(file)
  first.code('one')
  first.save()
  writeFileSync(file, readFileSync(file).subarray(0, -3))
  for (const each of [start(file), start(null), start(join(file, 'no-folder', 'texts'))]) {
    assert.equal(each.code('one'), 'made of one')
    assert.deepEqual(each.made, ['one'])
    each.save()
  }
})
