import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failingUpgrade } from '../parent/support.ts'
import { packRunner, startRunner } from '../support/run-code.ts'

test('a value that a peer leaves while it serves, stops and hands over is there for the next', async t => {
  const leave = (at: string) => `({ beam }) => beam.putHandoff('${at}', new Map([['by', '${at}']]))`
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', {
      stop: leave('stop'),
      beforeCutover: `(incoming, here) => (${leave('before')})(here)`,
    }),
    packRunner(t, '2.0.0', {
      boot: leave('boot'),
      afterCutover: `async (_, { beam, note, kept }) => {
        kept.set('seen', await beam.getAllHandoff())
        note('saw ' + [...kept.get('seen').keys()])
      }`,
    }),
  ])
  const app = await startRunner(t, first)
  await app.upgrade(second)
  assert.equal(await app.untilNoted(/saw/), '2.0.0 saw boot,stop,before')
  assert.deepEqual(await app.value(`return [...(await beam.getHandoff('stop'))]`), [['by', 'stop']])
})

test('every structured-cloneable value arrives equal in another process', async t => {
  const make = `
    const circle = { name: 'circle', list: [1, , 3] }
    circle.self = circle
    return {
      map: new Map([[{ a: 1 }, new Set([1n, -0, NaN, undefined])]]), date: new Date(5), pattern: /a.b/gi,
      big: 2n ** 90n, buffer: Buffer.from('bytes'), array: new Float64Array([1.5]), raw: new Uint8Array([7]).buffer,
      error: Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E_NO' }), circle,
    }`
  const [first, second] = await Promise.all(
    ['1.0.0', '2.0.0'].map(version =>
      packRunner(t, version, {
        boot: `async ({ beam, kept }) => kept.set('make', () => { ${make} })`,
        stop: `({ beam, kept }) => beam.putHandoff('all', kept.get('make')())`,
        afterCutover: `(_, { note }) => note('took over')`,
      }),
    ),
  )
  const app = await startRunner(t, first ?? '')
  await app.upgrade(second ?? '')
  await app.untilNoted(/took over/)
  assert.deepEqual(
    await app.value(`
      const { deepStrictEqual } = await import('node:assert')
      const [found, wanted] = [await beam.getHandoff('all'), kept.get('make')()]
      for (const it of [found, wanted]) { delete it.error.stack; delete it.error.cause.stack }
      deepStrictEqual(found, wanted)
      return [found.error.code, found.circle.self === found.circle]`),
    ['E_NO', true],
  )
})

test('it is cleared when the next upgrade starts, also when that one fails', async t => {
  const archive = await packRunner(t, '1.0.0')
  const bad = await packRunner(t, '2.0.0', { boot: '() => { throw new Error("no") }' })
  const app = await startRunner(t, archive)
  await app.value(`await beam.putHandoff('kept', 1)`)
  assert.equal(await app.value(`return beam.getHandoff('kept')`), 1)
  assert.equal(await app.value(`beam.putHandoff('now', 2); return beam.getHandoff('now')`), 2)
  await failingUpgrade(app, bad)
  assert.deepEqual(await app.value(`return [...(await beam.getAllHandoff())]`), [])
  assert.equal(await app.value(`return (await beam.getHandoff('kept')) === undefined`), true)
})

test('what cannot be cloned is refused with the key, and so is a key that is no text', async t => {
  const app = await startRunner(t, await packRunner(t, '1.0.0'))
  const { error } = await app.run(`await beam.putHandoff('rooms', { list: [{ send: () => 1 }] })`)
  assert.equal(error?.code, 'not_cloneable')
  assert.match(error?.message ?? '', /^putHandoff\("rooms"\): .*function \(at \.list\[0\]\.send\)/)
  assert.equal((await app.run(`await beam.putHandoff(7, 1)`)).error?.code, 'invalid_option')
})

test('256 MB under one key, and 100 000 small keys, come over', async t => {
  const fill = `
    const big = Buffer.alloc(256 * 1024 * 1024)
    for (let at = 0; at < big.length; at += 4096) big.writeUInt32LE(at, at)`
  const [first, second] = await Promise.all([
    packRunner(t, '1.0.0', {
      stop: `async ({ beam }) => {
        ${fill}
        await beam.putHandoff('big', big)
        await Promise.all(Array.from({ length: 100_000 }, (_, i) => beam.putHandoff('small ' + i, { i })))
      }`,
    }),
    packRunner(t, '2.0.0', { afterCutover: `(_, { note }) => note('took over')` }),
  ])
  const app = await startRunner(t, first)
  await app.upgrade(second)
  await app.untilNoted(/took over/)
  assert.deepEqual(
    await app.value(`
      ${fill}
      const all = await beam.getAllHandoff()
      const wrong = Array.from({ length: 100_000 }, (_, i) => i).filter(i => all.get('small ' + i)?.i !== i)
      return [all.size, wrong.length, all.get('big').equals(big)]`),
    [100_001, 0, true],
  )
})

test('outside of BeamDeploy a value stays in the process', async () => {
  const { getAllHandoff, getHandoff, putHandoff } = await import('../../src/handoff.ts')
  const value = { at: new Date(1) }
  await putHandoff('a', value)
  value.at = new Date(2)
  assert.deepEqual(await getHandoff('a'), { at: new Date(1) })
  assert.deepEqual([...(await getAllHandoff()).keys()], ['a'])
  assert.equal(await getHandoff('b'), undefined)
})
