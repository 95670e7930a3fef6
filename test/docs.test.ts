import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { anchorsOf } from '../scripts/docs/anchors.ts'
import { ERROR_CODES } from '../src/errors.ts'
import * as api from '../src/index.ts'
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
/** The public functions of BeamDeploy for Elixir, by their headings, and what stands for them. */
const COUNTERPARTS = {
  start_link: 'start',
  'enabled?': 'isEnabled',
  upgrade: 'upgrade',
  hot_upgrade: 'hotUpgrade',
  status: 'status',
  'upgrading?': 'isUpgrading',
  peer_node: 'activePeer',
  put_handoff: 'putHandoff',
  get_handoff: 'getHandoff',
  get_all_handoff: 'getAllHandoff',
  incoming_peer: 'incomingPeer',
  outgoing_peer: 'outgoingPeer',
  erpc: 'expose',
  'Parent children': 'callParent',
} as const satisfies Record<string, keyof typeof api>

/** Ours alone. */
const WITHOUT_COUNTERPART = [
  'defineConfig',
  'isBeamDeployError',
  'handoffSocket',
  'lease',
  'onDrain',
  'onSocket',
  'planUpgrade',
  'rollback',
]

test('docs/coming-from-elixir.md has every function, with an example of theirs and of ours', () => {
  const [overview = '', ...sections] = read('docs/coming-from-elixir.md').split(/^## /m)
  const sectionOf = new Map(sections.map(section => [section.slice(0, section.indexOf('\n')), section]))
  for (const [theirs, ours] of Object.entries(COUNTERPARTS)) {
    const section = sectionOf.get(theirs) ?? ''
    assert.match(section, /^```elixir$/m, theirs)
    assert.match(section, new RegExp(`^import \\{.*\\b${ours}\\b.*\\} from 'beam-deploy'$`, 'm'), theirs)
    assert.match(overview, new RegExp(`\\| .*\`${ours}\\(`), `${ours} is not in the table`)
  }
  const functions = Object.entries(api).filter(([, value]) => typeof value === 'function' && !isClass(value))
  const told = [...Object.values(COUNTERPARTS), ...WITHOUT_COUNTERPART]
  assert.deepEqual(functions.map(([name]) => name).sort(), told.sort())
})

const isClass = (value: unknown) => String(value).startsWith('class')

test('docs/cli.md has every option of every command, and no other', async () => {
  const docs = read('docs/cli.md')
  const commands = [...docs.matchAll(/^## ([\w-]+)$/gm)].map(([, name]) => String(name))
  const help = await Promise.all(commands.map(async name => (await beam([name, '--help'])).stdout))
  const inHelp = help.flatMap(text =>
    [...text.matchAll(/^ {2}(--[a-z-]+(?:, --[a-z-]+)*(?: <\w+>)?)/gm)].map(([, option]) => option),
  )
  const inDocs = [...docs.matchAll(/^\| `(--[^`]+)`/gm)].map(([, option]) => option)
  assert.deepEqual([...new Set(inDocs)].sort(), [...new Set(inHelp)].sort())
})

test('docs/cli.md has every command', async () => {
  const { stdout } = await beam(['--help'])
  const commands = [...stdout.matchAll(/^ {2}([\w-]+)(?: [[<]\w+[\]>])? {2,}\w/gm)].map(([, name]) => name)
  assert.notEqual(commands.length, 0)
  for (const command of commands) assert.match(read('docs/cli.md'), new RegExp(`^## ${command}$`, 'm'))
})

test('every link from one page to another, and within one, leads somewhere', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...globSync('docs/*.md', { cwd: new URL('..', import.meta.url) }),
  ]
  for (const page of pages) {
    for (const [, path = '', anchor = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const target = path === '' ? page : join(dirname(page), path)
      assert.ok(existsSync(new URL(`../${target}`, import.meta.url)), `${page}: ${path}`)
      if (anchor) assert.ok(anchorsIn(target).includes(anchor), `${page}: ${path}#${anchor}`)
    }
  }
})

function anchorsIn(page: string): string[] {
  const prose = read(page).replace(/^```.*?^```$/gms, '')
  return [...anchorsOf([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => String(heading))).values()]
}
