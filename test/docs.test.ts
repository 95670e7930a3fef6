import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ERROR_CODES } from '../src/errors.ts'
import { EVENTS } from '../src/rpc/events.ts'
import { beam } from './support/beam.ts'
import { documentedChannels } from './support/events.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test('docs/errors.md has every code with the words of the source, and no other', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| (.+) \| (.+) \|$/gm)]
  const documented = Object.fromEntries(
    rows.map(([, code, meaning, remedy]) => [String(code), { meaning, remedy }]),
  )
  assert.deepEqual(documented, ERROR_CODES)
  assert.equal(rows.length, Object.keys(ERROR_CODES).length)
})

test('docs/events.md has every channel with the words of the source, and no other', () => {
  const channels = documentedChannels()
  assert.deepEqual(Object.fromEntries(channels.map(({ name, when }) => [name, when])), EVENTS)
  assert.equal(channels.length, Object.keys(EVENTS).length)
})

test('docs/events.md explains every key of the messages, and no other', () => {
  const [, table = ''] = read('docs/events.md').split('\n## Keys\n')
  const rows = [...table.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)]
  const explained = rows.flatMap(([, keys]) => [...String(keys).matchAll(/`(\w+)`/g)].map(([, key]) => key))
  const used = new Set(documentedChannels().flatMap(({ keys }) => keys))
  assert.deepEqual(explained.sort(), [...used].sort())
})

test('docs/cli.md has every option of every command, and no other', async () => {
  const docs = read('docs/cli.md')
  const commands = [...docs.matchAll(/^## (\w+)$/gm)].map(([, name]) => String(name))
  const help = await Promise.all(commands.map(async name => (await beam([name, '--help'])).stdout))
  const inHelp = help.flatMap(text =>
    [...text.matchAll(/^ {2}(--[a-z-]+(?:, --[a-z-]+)*(?: <\w+>)?)/gm)].map(([, option]) => option),
  )
  const inDocs = [...docs.matchAll(/^\| `(--[^`]+)`/gm)].map(([, option]) => option)
  assert.deepEqual([...new Set(inDocs)].sort(), [...new Set(inHelp)].sort())
})

test('docs/cli.md has every command', async () => {
  const { stdout } = await beam(['--help'])
  const commands = [...stdout.matchAll(/^ {2}(\w+)(?: [[<]\w+[\]>])? {2,}\w/gm)].map(([, name]) => name)
  assert.notEqual(commands.length, 0)
  for (const command of commands) assert.match(read('docs/cli.md'), new RegExp(`^## ${command}$`, 'm'))
})
