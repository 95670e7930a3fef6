import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CLUSTER_ENV,
  controlSocketPath,
  endpointLabel,
  PEER_ENV,
  PEER_GLOBAL,
  PROTOCOL_VERSION,
} from '../../src/rpc/protocol.ts'

test('the names by which copies of this package find each other', () => {
  assert.deepEqual(
    [PROTOCOL_VERSION, PEER_ENV, CLUSTER_ENV, Symbol.keyFor(PEER_GLOBAL), controlSocketPath('/state/shop')],
    [1, 'BEAM_DEPLOY_PEER', 'BEAM_DEPLOY_CLUSTER_OF', 'beam-deploy.peer', '/state/shop/control.sock'],
  )
})

test('an endpoint is named as people write it', () => {
  for (const [endpoint, label] of [
    [{ port: 3000 }, '3000'],
    [{ port: 3000, host: '127.0.0.1' }, '127.0.0.1:3000'],
    [{ port: 3000, host: '::1' }, '[::1]:3000'],
    [{ port: 3000, host: 'localhost' }, 'localhost:3000'],
    [{ path: '/run/app.sock' }, '/run/app.sock'],
  ] as const)
    assert.equal(endpointLabel(endpoint), label)
})
