import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { appStateDir } from '../src/state-dir.ts'
import { stateRoot } from '../src/state-root.ts'

function withEnvironment(t: TestContext, values: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name]
    t.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

test('what is given goes before BEAM_DEPLOY_STATE_DIR, that before XDG_STATE_HOME, that before the home folder', t => {
  withEnvironment(t, { BEAM_DEPLOY_STATE_DIR: '/from/variable', XDG_STATE_HOME: '/xdg' })
  assert.equal(stateRoot('/given'), '/given')
  assert.equal(stateRoot('given'), resolve('given'))
  assert.equal(stateRoot(undefined), '/from/variable')
  delete process.env.BEAM_DEPLOY_STATE_DIR
  assert.equal(stateRoot(undefined), '/xdg/beam-deploy')
  delete process.env.XDG_STATE_HOME
  assert.equal(stateRoot(undefined), `${homedir()}/.local/state/beam-deploy`)
})

test('an application has a folder of its own', () => {
  assert.equal(appStateDir('/state', 'shop'), '/state/shop')
  assert.equal(appStateDir('/state', '@acme/shop'), '/state/@acme+shop')
  assert.equal(appStateDir('/state', 'shop-2.0_b'), '/state/shop-2.0_b')
})

for (const name of ['', '.', '..', '../shop', 'a/../b', '/shop', '.start-1', 'a b', 'a\0b', 'a\\b', '-shop'])
  test(`${JSON.stringify(name)} cannot name an application`, () => {
    assert.throws(() => appStateDir('/state', name), {
      code: 'invalid_option',
      message: /cannot name an application: use letters/,
    })
  })
