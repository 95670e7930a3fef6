import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isBeamDeployError } from '../../src/errors.ts'
import { hotFunctions } from '../../src/peer/hot.ts'
import { HOT_GLOBAL, type HotRequest } from '../../src/rpc/hot-contracts.ts'
import { packedAsText } from '../../src/rpc/packed-text.ts'
import { pack, unpack } from '../../src/rpc/values.ts'

const RELEASE = { id: '2.0.0-0', version: '2.0.0' }
const REQUEST = {
  dir: '/srv/2.0.0',
  release: RELEASE,
  suspendTimeoutMs: 1,
  onCodeChangeError: 'revert' as const,
  allow: [],
}
const PLAN = {
  verdict: 'hot',
  release: RELEASE,
  reasons: [],
  modules: [],
  processes: [],
  skippedNativeModules: [],
  notes: [],
}

/** Puts a stand-in for the engine into this process. */
function standIn(t: TestContext, engine: object): void {
  Object.defineProperty(globalThis, HOT_GLOBAL, { configurable: true, value: { protocol: 1, ...engine } })
  t.after(() => Reflect.deleteProperty(globalThis, HOT_GLOBAL))
}

test('the engine is looked up at each call; without one each is refused', async t => {
  const functions = hotFunctions(() => false)
  const refused = (error: unknown) => isBeamDeployError(error) && error.code === 'hot_unavailable'
  await assert.rejects(() => functions.prepareHot(REQUEST), refused)
  await assert.rejects(() => functions.commitHot(), refused)
  assert.throws(() => functions.hotSummary(), refused)
  const summary = { upgrades: 2, release: RELEASE, oldCodeBytes: 5 }
  standIn(t, { hotSummary: () => summary })
  assert.deepEqual(functions.hotSummary(), summary)
})

test('what codeChange is to be given reaches the engine as an application value', async t => {
  const asked: HotRequest[] = []
  standIn(t, { prepareHot: async (request: HotRequest) => void asked.push(request) })
  const extra = { when: new Date(0), bytes: Buffer.from('beam') }
  const functions = hotFunctions(() => false)
  const wired = JSON.parse(JSON.stringify({ ...REQUEST, extra: packedAsText(pack(extra, 'extra')) }))
  await functions.prepareHot(wired)
  await functions.prepareHot(REQUEST)
  assert.deepEqual(unpack(asked[0]?.extra ?? []), extra)
  assert.deepEqual(asked[1], REQUEST)
})

test('an application in node:cluster workers takes new processes, since no engine reaches those', async t => {
  standIn(t, { prepareHot: async () => PLAN })
  const plan = await hotFunctions(() => true).prepareHot(REQUEST)
  assert.equal(plan.verdict, 'blue-green')
  assert.match(String(plan.reasons[0]?.message), /node:cluster/)
  assert.deepEqual(await hotFunctions(() => false).prepareHot(REQUEST), PLAN)
})
