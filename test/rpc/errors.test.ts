import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BeamDeployError, ERROR_CODES, isBeamDeployError } from '../../src/errors.ts'
import { decodeError, type EncodedError, encodeError } from '../../src/rpc/errors.ts'

/** Over the wire and back. */
const cross = (thrown: unknown) => decodeError(JSON.parse(JSON.stringify(encodeError(thrown))))

test('each code crosses with phase, message, output and stack', () => {
  for (const code of Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]) {
    const error = new BeamDeployError(code, 'what happened', { phase: 'boot', output: 'last words' })
    const copy = cross(error)
    assert.ok(isBeamDeployError(copy))
    assert.deepEqual(
      [copy.code, copy.phase, copy.message, copy.output, copy.stack],
      [code, 'boot', 'what happened', 'last words', error.stack],
    )
    assert.equal(copy.cause, undefined)
  }
})

test('causes cross, as far down as they go', () => {
  const root = Object.assign(new Error('disk full'), { code: 'ENOSPC' })
  const middle = new BeamDeployError('extract_failed', 'cannot unpack', { phase: 'unpack', cause: root })
  const copy = cross(new BeamDeployError('internal', 'no upgrade', { phase: 'validate', cause: middle }))
  assert.ok(isBeamDeployError(copy.cause))
  assert.equal(copy.cause.code, 'extract_failed')
  assert.ok(copy.cause.cause instanceof Error)
  assert.equal(copy.cause.cause.message, 'disk full')
})

test('whatever is no error of ours is internal', () => {
  const foreign = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
  for (const [thrown, message] of [
    [foreign, 'in use'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [{ code: 'not_running' }, '[object Object]'],
    [Object.assign(new Error('fake'), { code: 'not_running' }), 'fake'],
  ] as const) {
    const copy = cross(thrown)
    assert.deepEqual([copy.code, copy.phase, copy.message], ['internal', 'control', message])
  }
})

test('an error of another copy of the package is one of ours', () => {
  class BeamDeployErrorOfAnotherCopy extends Error {
    override readonly name = 'BeamDeployError'
    readonly code = 'health_check_failed'
    readonly phase = 'health'
  }
  const error = new BeamDeployErrorOfAnotherCopy('not well')
  assert.ok(isBeamDeployError(error))
  assert.equal(cross(error).code, 'health_check_failed')
})

test('a code of a later version is internal here, and its message still says it', () => {
  const copy = decodeError({ code: 'signature_invalid', phase: 'verify', message: 'not signed by you' })
  assert.deepEqual([copy.code, copy.message], ['internal', 'signature_invalid: not signed by you'])
})

/** As the first version wrote it. Do not change: later versions must read it. */
const FIRST: EncodedError = JSON.parse(`{
  "code": "peer_start_failed",
  "phase": "boot",
  "message": "the new peer of shop 2.0.0 ended with exit code 1 before it was ready.",
  "stack": "BeamDeployError: …",
  "output": "Error: no database",
  "cause": { "code": "internal", "phase": "control", "message": "spawn ENOENT" }
}`)

test('an error that the first version wrote is read', () => {
  const error = decodeError(FIRST)
  assert.deepEqual(
    [error.code, error.phase, error.output, error.message, error.stack],
    ['peer_start_failed', 'boot', 'Error: no database', FIRST.message, FIRST.stack],
  )
  assert.ok(error.cause instanceof Error)
  assert.equal(error.cause.message, 'spawn ENOENT')
  assert.deepEqual(Object.keys(encodeError(error)).sort(), Object.keys(FIRST).sort())
})
