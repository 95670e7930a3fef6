import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { openStore } from '../../src/release/store.ts'
import { switchThrough, writeApplication } from './store-support.ts'
import { assertError, temporaryFolder } from './unpack-support.ts'

const ONE = '1.0.0-aaaaaaaaaaaa'
const TWO = '2.0.0-aaaaaaaaaaaa'

/** A state folder with 1.0.0 and 2.0.0, the latter current; closed, as a process left it. */
async function left(t: TestContext) {
  const stateDir = temporaryFolder(t)
  const reopen = () => openStore(stateDir, { keepReleases: 3 })
  await switchThrough(await reopen(), '1.0.0', '2.0.0')
  const link = (target: string) => {
    rmSync(join(stateDir, 'current'))
    symlinkSync(target, join(stateDir, 'current'))
  }
  const edit = (change: (state: Record<string, unknown>) => unknown) => {
    const state = JSON.parse(readFileSync(join(stateDir, 'state.json'), 'utf8')) as Record<string, unknown>
    writeFileSync(join(stateDir, 'state.json'), JSON.stringify(change(state)))
  }
  return { stateDir, reopen, link, edit, dirOf: (id: string) => join(stateDir, 'releases', id) }
}

/** As the first version wrote it. Do not change: later versions must read it. */
const FIRST_STATE = `{
  "stateVersion": 1,
  "releases": {
    "1.0.0-aaaaaaaaaaaa": {
      "name": "demo",
      "version": "1.0.0",
      "entry": "index.js",
      "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "adoptedAt": "2026-01-01T00:00:00.000Z"
    },
    "2.0.0-bbbbbbbbbbbb": {
      "name": "demo",
      "version": "2.0.0",
      "entry": "server.js",
      "sha256": null,
      "adoptedAt": "2026-01-02T00:00:00.000Z"
    }
  },
  "lineage": ["1.0.0-aaaaaaaaaaaa", "2.0.0-bbbbbbbbbbbb"],
  "seed": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "history": [
    {
      "at": "2026-01-02T00:00:01.000Z",
      "action": "upgrade",
      "from": "1.0.0-aaaaaaaaaaaa",
      "to": "2.0.0-bbbbbbbbbbbb",
      "outcome": "succeeded",
      "durationMs": 340
    }
  ]
}
`

test('a state file of the first version is read, and left as it is', async t => {
  const stateDir = temporaryFolder(t)
  writeApplication(join(stateDir, 'releases/1.0.0-aaaaaaaaaaaa'), '1.0.0')
  writeApplication(join(stateDir, 'releases/2.0.0-bbbbbbbbbbbb'), '2.0.0')
  symlinkSync('releases/2.0.0-bbbbbbbbbbbb', join(stateDir, 'current'))
  writeFileSync(join(stateDir, 'state.json'), FIRST_STATE)
  const store = await openStore(stateDir, { keepReleases: 3 })
  assert.equal(store.current()?.entry, 'server.js')
  assert.equal(store.previous()?.id, '1.0.0-aaaaaaaaaaaa')
  assert.equal(store.seed(), 'a'.repeat(64))
  assert.equal(store.history()[0]?.durationMs, 340)
  assert.equal(readFileSync(join(stateDir, 'state.json'), 'utf8'), FIRST_STATE)
})

/** As it was first written for a release with a configuration and a Node.js of its own. Do not change. */
const FIRST_WITH_CONFIG = `"adoptedAt": "2026-01-02T00:00:00.000Z",
      "config": { "endpoints": [{ "port": 3000 }], "peers": "max", "shutdownTimeout": null, "parentChildren": [{ "id": "a", "module": "a.js" }] },
      "node": { "path": "node_modules/node/bin/node", "version": "26.10.0", "abi": "147" }
    }`

test('what a release says of how it is run is kept with it', async t => {
  const { stateDir, reopen, edit } = await left(t)
  edit(state => ({ ...state, releases: { ...(state.releases as object), ...withConfig() } }))
  const current = (await reopen()).current()
  assert.equal(current?.version, '2.0.0')
  assert.deepEqual(current?.config, {
    endpoints: [{ port: 3000 }],
    peers: 'max',
    shutdownTimeout: null,
    parentChildren: [{ id: 'a', module: 'a.js' }],
  })
  assert.deepEqual(current?.node, { path: 'node_modules/node/bin/node', version: '26.10.0', abi: '147' })
  // Lost with the file, but for the Node.js that can be seen: it must not run on another unnoticed.
  rmSync(join(stateDir, 'state.json'))
  const node = join(stateDir, 'releases', TWO, 'node_modules/node/bin')
  mkdirSync(node, { recursive: true })
  writeFileSync(join(node, 'node'), '')
  const found = (await reopen()).current()
  assert.deepEqual(
    [found?.config, found?.node],
    [undefined, { path: 'node_modules/node/bin/node', version: 'unknown', abi: 'unknown' }],
  )
})

function withConfig(): object {
  const text = FIRST_STATE.replace(/"adoptedAt": "2026-01-02T00:00:00.000Z"\s*\}/, FIRST_WITH_CONFIG)
  const { releases } = JSON.parse(text) as { releases: Record<string, object> }
  return { [TWO]: releases['2.0.0-bbbbbbbbbbbb'] }
}

describe('link and lineage are made to agree', () => {
  test('a link to the one before: a rollback was interrupted', async t => {
    const { reopen, link } = await left(t)
    link(`releases/${ONE}`)
    const store = await reopen()
    assert.deepEqual([store.current()?.version, store.previous()], ['1.0.0', null])
  })

  test('a link to one that is not in it: an upgrade was interrupted', async t => {
    const { reopen, edit } = await left(t)
    edit(state => ({ ...state, lineage: [ONE] }))
    const store = await reopen()
    assert.deepEqual([store.current()?.version, store.previous()?.version], ['2.0.0', '1.0.0'])
  })

  test('a link to one that was not even noted', async t => {
    const { reopen, link, dirOf } = await left(t)
    writeApplication(dirOf('3.0.0-cccccccccccc'), '3.0.0')
    link('releases/3.0.0-cccccccccccc')
    const store = await reopen()
    assert.deepEqual([store.current()?.version, store.previous()?.version], ['3.0.0', '2.0.0'])
    assert.equal((await reopen()).current()?.entry, 'index.js')
  })

  const useless = ['releases/9.9.9-aaaaaaaaaaaa', '../../elsewhere', 'releases/../releases', '/not/there']
  for (const target of useless) {
    test(`a link to ${target} is replaced by the newest of the lineage`, async t => {
      const { stateDir, reopen, link } = await left(t)
      link(target)
      assert.equal((await reopen()).current()?.version, '2.0.0')
      assert.equal(readlinkSync(join(stateDir, 'current')), `releases/${TWO}`)
    })
  }

  test('a missing link is made again', async t => {
    const { stateDir, reopen } = await left(t)
    rmSync(join(stateDir, 'current'))
    assert.equal((await reopen()).current()?.version, '2.0.0')
    assert.equal(readlinkSync(join(stateDir, 'current')), `releases/${TWO}`)
  })

  test('when the current folder is gone, the one before is current', async t => {
    const { stateDir, reopen, dirOf } = await left(t)
    rmSync(dirOf(TWO), { recursive: true })
    const store = await reopen()
    assert.deepEqual([store.current()?.version, store.list().length], ['1.0.0', 1])
    assert.equal(readlinkSync(join(stateDir, 'current')), `releases/${ONE}`)
  })
})

describe('leftovers', () => {
  test('of a crash are removed, and nothing else', async t => {
    const { stateDir, reopen } = await left(t)
    const ours = ['state.json.tmp-1-a-1', 'releases/.staging-1-a-2/x', 'releases/.staging-1-a-2.part/x']
    const others = [
      'parent.lock',
      'control.sock.tmp',
      'releases/README',
      'releases/mine/x',
      '.staging-x',
      'state.json.bak',
    ]
    for (const path of [...ours, ...others]) {
      mkdirSync(join(stateDir, path, '..'), { recursive: true })
      writeFileSync(join(stateDir, path), '')
    }
    symlinkSync('releases/nowhere', join(stateDir, 'current.tmp-1-a-3'))
    await reopen()
    for (const path of others) assert.ok(existsSync(join(stateDir, path)), path)
    assert.deepEqual(readdirSync(join(stateDir, 'releases')).sort(), [ONE, TWO, 'README', 'mine'])
    const expected = [
      '.staging-x',
      'control.sock.tmp',
      'current',
      'parent.lock',
      'releases',
      'state.json',
      'state.json.bak',
    ]
    assert.deepEqual(readdirSync(stateDir).sort(), expected)
  })

  test('a release that was put in place but not noted is removed', async t => {
    const { reopen, dirOf } = await left(t)
    writeApplication(dirOf('3.0.0-cccccccccccc'), '3.0.0')
    await reopen()
    assert.ok(!existsSync(dirOf('3.0.0-cccccccccccc')))
  })
})

describe('without a state file', () => {
  test('the releases and the link still serve', async t => {
    const { stateDir, reopen, dirOf } = await left(t)
    rmSync(join(stateDir, 'state.json'))
    mkdirSync(dirOf('0.0.1-dddddddddddd'))
    const store = await reopen()
    assert.equal(store.current()?.version, '2.0.0')
    assert.equal(store.current()?.entry, 'index.js')
    assert.deepEqual(
      store
        .list()
        .map(({ id }) => id)
        .sort(),
      [ONE, TWO],
    )
    assert.ok(existsSync(dirOf('0.0.1-dddddddddddd')))
    assert.deepEqual(await switchThrough(store, '1.0.0').then(([one]) => one?.id), ONE)
  })

  test('a release in place is found by the link', async t => {
    const { stateDir, reopen, link } = await left(t)
    const dir = join(temporaryFolder(t), 'app')
    writeApplication(dir, '3.0.0')
    link(dir)
    rmSync(join(stateDir, 'state.json'))
    const store = await reopen()
    assert.deepEqual([store.current()?.version, store.current()?.dir], ['3.0.0', dir])
    assert.equal((await reopen()).current()?.dir, dir)
  })
})

describe('a state file that cannot be used is named and left alone', () => {
  const contents: [name: string, text: string, says: string][] = [
    ['no JSON', '{"stateVersion": 1,', 'not JSON'],
    ['empty', '', 'not JSON'],
    ['no object', '[]', 'not a JSON object'],
    ['of a newer version', '{"stateVersion": 2}', 'state version 2; this one reads up to 1'],
    ['without its parts', '{"stateVersion": 1}', '"releases"'],
    [
      'with a wrong record',
      '{"stateVersion":1,"releases":{"x":{}},"lineage":[],"seed":null,"history":[]}',
      '"releases"',
    ],
    [
      'with a wrong lineage',
      '{"stateVersion":1,"releases":{},"lineage":[1],"seed":null,"history":[]}',
      '"lineage"',
    ],
  ]
  for (const [name, text, says] of contents) {
    test(name, async t => {
      const { stateDir, reopen } = await left(t)
      const file = join(stateDir, 'state.json')
      writeFileSync(file, text)
      await assert.rejects(reopen(), error => {
        assert.equal((error as { phase?: string }).phase, 'configure')
        return assertError(error, 'invalid_option', file, says)
      })
      assert.equal(readFileSync(file, 'utf8'), text)
      assert.equal(readdirSync(join(stateDir, 'releases')).length, 2)
    })
  }
})
