import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declareEndpoints } from '../../src/parent/declare-endpoints.ts'

const declare = (
  declared: { ports?: number[]; hosts?: string[]; paths?: string[] },
  env: NodeJS.ProcessEnv = {},
) => declareEndpoints({ ports: [], hosts: [], paths: [], ...declared }, env)

test('what was given goes before the configuration, whole; a host alone cannot be added to it', () => {
  const configured = [{ port: 8080, host: '::1' }]
  const nothing = { ports: [], hosts: [], paths: [] }
  assert.deepEqual(declareEndpoints(nothing, {}, configured), configured)
  assert.deepEqual(declareEndpoints(nothing, { PORT: '3000' }, configured), [{ port: 3000 }])
  assert.deepEqual(declareEndpoints({ ...nothing, paths: ['/a'] }, {}, configured), [{ path: '/a' }])
  assert.throws(() => declareEndpoints({ ...nothing, hosts: ['::1'] }, {}, configured), {
    code: 'invalid_option',
    message: /--host goes with --port/,
  })
})

test('ports, in order', () => {
  assert.deepEqual(declare({ ports: [3000, 0] }), [{ port: 3000 }, { port: 0 }])
})

test('one host goes for all ports, several go in order', () => {
  assert.deepEqual(declare({ ports: [1, 2], hosts: ['::1'] }), [
    { port: 1, host: '::1' },
    { port: 2, host: '::1' },
  ])
  assert.deepEqual(declare({ ports: [1, 2], hosts: ['::1', 'localhost'] }), [
    { port: 1, host: '::1' },
    { port: 2, host: 'localhost' },
  ])
})

test('Unix sockets come after the ports, and stand alone', () => {
  assert.deepEqual(declare({ ports: [1], paths: ['/a', '/b'] }), [
    { port: 1 },
    { path: '/a' },
    { path: '/b' },
  ])
  assert.deepEqual(declare({ paths: ['/a'] }, { PORT: '3000' }), [{ path: '/a' }])
})

test('PORT and HOST stand in for what is not given', () => {
  assert.deepEqual(declare({}, { PORT: '3000' }), [{ port: 3000 }])
  assert.deepEqual(declare({}, { PORT: ' 3000\n' }), [{ port: 3000 }])
  assert.deepEqual(declare({}, { PORT: '3000', HOST: '::1' }), [{ port: 3000, host: '::1' }])
  assert.deepEqual(declare({ ports: [1] }, { PORT: '3000', HOST: '::1' }), [{ port: 1, host: '::1' }])
  assert.deepEqual(declare({ hosts: ['::'] }, { PORT: '3000', HOST: '::1' }), [{ port: 3000, host: '::' }])
  assert.deepEqual(declare({ ports: [1] }, { PORT: 'eighty', HOST: '' }), [{ port: 1 }])
})

test('neither more hosts than ports, nor fewer but one', () => {
  for (const [ports, hosts] of [
    [[1], ['a', 'b']],
    [
      [1, 2, 3],
      ['a', 'b'],
    ],
  ] as const) {
    assert.throws(() => declare({ ports: [...ports], hosts: [...hosts] }), {
      code: 'invalid_option',
      message: `2 hosts for ${ports.length} ports: give one --host for all, or one for each --port.`,
    })
  }
})

test('nothing declared is refused', () => {
  for (const env of [{}, { PORT: '' }, { HOST: '::1' }])
    assert.throws(() => declare({}, env), { code: 'invalid_option', message: /no endpoint is declared/ })
})

for (const PORT of ['eighty', '-1', '65536', '80.5', ' ', '/run/app.sock', '0x50', '1e3'])
  test(`PORT=${PORT} is no port`, () => {
    assert.throws(() => declare({}, { PORT }), {
      code: 'invalid_option',
      message: new RegExp(`PORT is ${JSON.stringify(PORT)}, which is no port`),
    })
  })
