import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HealthCheckOption } from '../../src/config/health.ts'
import { parseConfig } from '../../src/config/parse.ts'
import type { HealthCheck } from '../../src/rpc/health-contracts.ts'

const READ: [HealthCheckOption, HealthCheck][] = [
  ['/healthz', { requests: [{ path: '/healthz' }] }],
  [
    ['/a', { path: '/b?c=1', status: [200, 401] }],
    { requests: [{ path: '/a' }, { path: '/b?c=1', status: [200, 401] }] },
  ],
  [
    {
      path: '/a',
      requests: [
        {
          path: '/b',
          method: 'POST',
          headers: { x: 'y' },
          body: '{}',
          status: 201,
          text: 'z',
          endpoint: '3001',
        },
      ],
      module: './lib/../check.js',
      tries: 2,
      interval: '2s',
      timeout: 500,
      warmUp: ['/c', { path: '/d', times: 3 }],
    },
    {
      requests: [
        { path: '/a' },
        {
          path: '/b',
          method: 'POST',
          headers: { x: 'y' },
          body: '{}',
          status: 201,
          text: 'z',
          endpoint: '3001',
        },
      ],
      module: 'check.js',
      tries: 2,
      interval: 2_000,
      timeout: 500,
      warmUp: [{ path: '/c' }, { path: '/d', times: 3 }],
    },
  ],
]
for (const [healthCheck, kept] of READ)
  test(`${JSON.stringify(healthCheck)} is read, and what is kept of it is read as the same`, () => {
    const config = parseConfig({ healthCheck }, 'x')
    assert.deepEqual(config, { healthCheck: kept })
    assert.deepEqual(parseConfig(JSON.parse(JSON.stringify(config)), 'x'), config)
  })

const REFUSED: [unknown, RegExp][] = [
  ['healthz', /healthCheck is "healthz"; it must be a path that begins with a slash/],
  ['/a b', /begins with a slash and has no spaces/],
  [
    7,
    /healthCheck is 7; it must be a path such as '\/healthz', a list of requests, or \{ path\?, requests\?/,
  ],
  [[7], /a list; \[0\] must be a request \{ path, method\?/],
  [[{ status: 200 }], /\[0\] must be a request with a path/],
  [[{ path: '/a', statuz: 200 }], /there is no statuz/],
  [[{ path: '/a', status: 99 }], /status must be a number from 200 to 599, or a list of them/],
  [[{ path: '/a', status: [] }], /status must be a number from 200 to 599/],
  [[{ path: '/a', method: 'get' }], /method must be a method in capitals/],
  [[{ path: '/a', headers: { a: 1 } }], /headers must be an object of texts/],
  [[{ path: '/a', text: '' }], /text must be a text that is not empty/],
  [{ path: '/a', retries: 3 }, /there is no retries/],
  [{ path: '/a', tries: 0 }, /tries must be a whole number from 1/],
  [{ path: '/a', interval: 'soon' }, /interval must be another: a duration is/],
  [{ module: () => 1 }, /module must be the path of a module/],
  [{ warmUp: [{ path: '/a', times: 1001 }] }, /times must be a whole number from 1 to 1000/],
]
for (const [healthCheck, message] of REFUSED)
  test(`${JSON.stringify(healthCheck)} is refused (${message})`, () => {
    assert.throws(() => parseConfig({ healthCheck }, 'my.json'), { code: 'invalid_option', message })
  })
