import { test } from 'node:test'
import { selfSignedCertificate } from '../support/certificate.ts'
import { http2Sessions, lineConnections, secureConnections, secureKeepAlive } from '../support/clients.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

const { key, cert } = selfSignedCertificate()
const files = { 'key.pem': key, 'cert.pem': cert }

test('node:https upgraded under load: no request fails', async t => {
  await swapUnderLoad(t, 'https-app', {
    files,
    kinds: [secureConnections(cert), secureKeepAlive(cert, 5)],
    swaps: 4,
  })
})

test('node:http2 without TLS upgraded under load: no stream fails', async t => {
  await swapUnderLoad(t, 'http2-app', { kinds: [http2Sessions(0), http2Sessions(20)], swaps: 4 })
})

test('node:http2 with TLS and HTTP/1.1 beside it upgraded under load: nothing fails', async t => {
  await swapUnderLoad(t, 'http2-secure-app', {
    files,
    kinds: [http2Sessions(5, cert), secureConnections(cert), secureKeepAlive(cert, 5)],
    clients: 3,
    swaps: 4,
  })
})

test('a net server with a protocol of its own upgraded under load: every conversation ends as it should', async t => {
  await swapUnderLoad(t, 'line-app', { kinds: [lineConnections(1), lineConnections(50)], swaps: 4 })
})

test('two peers share an HTTPS endpoint and an upgrade under load: no request fails', async t => {
  await swapUnderLoad(t, 'https-app', {
    files,
    args: ['--peers', '2'],
    kinds: [secureConnections(cert), secureKeepAlive(cert, 5)],
  })
})
