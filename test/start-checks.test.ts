import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../src/start.ts'
import { checkOptions } from '../src/start-checks.ts'

const LEAST = { app: 'shop', start: () => undefined }

test('options are taken in the form in which they are used', () => {
  const options = { ...LEAST, readyTimeout: '5s', shutdownTimeout: Infinity, endpoints: [{ port: 3000 }] }
  assert.deepEqual(checkOptions({ ...options, enabled: true, logger: console }), {
    app: 'shop',
    endpoints: [{ port: 3000 }],
    readyTimeout: 5_000,
    shutdownTimeout: null,
  })
})

const REFUSED: [object, RegExp][] = [
  [{ start: LEAST.start }, /the option app is undefined; it must be a name/],
  [{ app: 'shop' }, /the option start is undefined; it must be a function that starts/],
  [{ ...LEAST, app: '' }, /the option app is ""/],
  [{ ...LEAST, peerz: 2 }, /there is no option "peerz"; did you mean peers\?/],
  [{ ...LEAST, colour: 2 }, /there is no option "colour"; there are app, endpoints, /],
  [{ ...LEAST, peers: 0 }, /the option peers is 0; it must be a whole number from 1/],
  [{ ...LEAST, endpoints: [{ prot: 1 }] }, /the option endpoints is .*; it must be a list; \[0\] must be/],
  [{ ...LEAST, readyTimeout: -1 }, /the option readyTimeout is -1/],
  [{ ...LEAST, readyTimeout: Infinity }, /the option readyTimeout/],
  [{ ...LEAST, shutdownTimeout: 2 ** 31 }, /the option shutdownTimeout is 2147483648/],
  [{ ...LEAST, keepReleases: 0 }, /the option keepReleases is 0/],
  [{ ...LEAST, bake: -1 }, /the option bake is -1/],
  [{ ...LEAST, bakeErrorLimit: 5 }, /the option bakeErrorLimit is 5; it must be a share, from 0 to 1/],
  [{ ...LEAST, maxDraining: 0 }, /the option maxDraining is 0/],
  [{ ...LEAST, hot: 'no' }, /the option hot is "no"; it must be true or false/],
  [{ ...LEAST, prefixOutput: 'yes' }, /the option prefixOutput is "yes"; it must be true or false/],
  [
    { ...LEAST, beforeCutover: './module.js' },
    /the option beforeCutover is ".\/module.js"; it must be a function/,
  ],
  [{ ...LEAST, afterCutover: 1 }, /the option afterCutover is 1/],
  [{ ...LEAST, node: '' }, /the option node is ""/],
  [{ ...LEAST, verify: 'a.pub' }, /the option verify is "a.pub"; it must be a list of paths of public keys/],
  [{ ...LEAST, verify: [] }, /the option verify is \[\]/],
  [{ ...LEAST, stateDir: 7 }, /the option stateDir is 7/],
  [{ ...LEAST, logger: { info: () => undefined } }, /the option logger is .*info, warn and error/],
]
for (const [options, message] of REFUSED)
  test(`refused by name: ${message}`, async () => {
    const refusal = { code: 'invalid_option', phase: 'configure', message }
    await assert.rejects(start({ ...options, enabled: true } as never), refusal)
  })
