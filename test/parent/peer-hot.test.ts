import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BeamDeployErrorCode, isBeamDeployError } from '../../src/errors.ts'
import { hotCalls } from '../../src/parent/peer-hot.ts'
import { createRestartGate } from '../../src/parent/restart-gate.ts'

const never = () => new Promise<never>(() => undefined)
const REQUEST = {
  dir: '/srv/2.0.0',
  release: { id: '2.0.0-0', version: '2.0.0' },
  suspendTimeoutMs: 1,
  onCodeChangeError: 'revert' as const,
  allow: [],
}

/** A peer that answers nothing. */
function silentPeer() {
  let killed = 0
  const peer = {
    prepareHot: never,
    commitHot: never,
    settleHot: never,
    revertHot: never,
    discardHot: never,
    hotSummary: never,
  }
  const kill = async () => {
    killed += 1
  }
  const calls = hotCalls(peer, { id: '1.0', limitMs: () => 1, kill })
  return { calls, killed: () => killed }
}

const withCode = (code: BeamDeployErrorCode) => (error: unknown) =>
  isBeamDeployError(error) && error.code === code && error.message.includes('peer 1.0')

test('a peer that does not answer is not waited for; once it may have changed, it is ended', async () => {
  const { calls, killed } = silentPeer()
  await assert.rejects(() => calls.prepare(REQUEST), withCode('hot_upgrade_failed'))
  await assert.rejects(() => calls.discard(), withCode('hot_upgrade_failed'))
  assert.equal(killed(), 0)
  for (const step of ['commit', 'settle', 'revert'] as const)
    await assert.rejects(() => calls[step](), withCode('hot_upgrade_failed'))
  assert.equal(killed(), 3)
})

test('restarts wait while the gate is closed, and closing waits for those under way', async () => {
  const gate = createRestartGate()
  const underWay = Promise.withResolvers<string>()
  const first = gate.pass(() => underWay.promise)
  const closed = gate.close()
  const seen: string[] = []
  const second = gate.pass(async () => void seen.push('second'))
  const quiet = closed.quiet.then(() => void seen.push('quiet'))
  underWay.resolve('first')
  assert.equal(await first, 'first')
  await quiet
  assert.deepEqual(seen, ['quiet'])
  closed[Symbol.dispose]()
  await second
  assert.deepEqual(seen, ['quiet', 'second'])
})
