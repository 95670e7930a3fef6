import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Files, type HotProgram, startHotProgram } from '../support/hot-program.ts'
import { tempDir } from '../support/pack-app.ts'
import { clientOf, filesOf, type RealAppCase } from '../support/real-app.ts'
import { COMMONJS_APPS } from '../support/real-app-cases.ts'
import { ESM_APPS } from '../support/real-esm-cases.ts'
import type { Scope } from '../support/scope.ts'

for (const each of [...COMMONJS_APPS, ...ESM_APPS]) {
  const { name, first, steps } = each
  test(`${name} ${first}, then ${steps.map(([version]) => version).join(', ')}`, t => goThrough(t, each))
}

async function goThrough(t: Scope, { first, steps, asks, ...app }: RealAppCase): Promise<void> {
  const needs = app.needs ?? steps.at(-1)?.[0] ?? first
  const files = (version: string) => filesOf(app, version, needs)
  const folder = publicFolder(t)
  const start = (version: string, hot: boolean): Promise<HotProgram> =>
    startHotProgram(t, files(version), {
      entry: 'server.js',
      type: app.imports ? 'module' : 'commonjs',
      env: { PUBLIC: folder },
      hot,
    })
  const program = await start(first, true)
  const client = await clientOf(t, program)
  let running = first
  let answers = await client.ask(asks)
  let served = asks.length
  for (const [version, outcome] of steps) {
    const changes = changesOf(files(running), files(version))
    if (typeof outcome === 'string') {
      const fresh = await start(version, false)
      const wanted = await (await clientOf(t, fresh)).ask(asks)
      await fresh.end()
      assert.equal(
        JSON.stringify(wanted) === JSON.stringify(answers) ? 'unseen' : 'seen',
        outcome,
        `${version}: ${JSON.stringify([answers, wanted])}`,
      )
      await program.upgrade(changes)
      answers = wanted
      running = version
    } else {
      const { code, reasons = [] } = await program.refusal(changes)
      assert.equal(code, 'incompatible_change')
      const found = reasons.map(({ module, line, message }) => `${module}:${line} ${message}`)
      for (const wanted of outcome)
        assert.ok(
          found.some(reason => wanted.test(reason)),
          found.join('\n'),
        )
    }
    assert.deepEqual(await client.ask(asks), answers, version)
    served += asks.length
    assert.equal(client.served(), `${served} by 1`, version)
  }
}

function changesOf(before: Files, after: Files): Files {
  const gone = Object.keys(before).filter(path => !(path in after))
  return { ...after, ...Object.fromEntries(gone.map(path => [path, null])) }
}

/** Outside of the application: it is the same for all. */
function publicFolder(t: Scope): string {
  const folder = tempDir(t)
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'a.txt'), 'some text')
  return folder
}
