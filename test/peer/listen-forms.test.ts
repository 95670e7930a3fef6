import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, until } from '../parent/support.ts'
import { freePort } from '../support/beam.ts'
import { type ClientKind, newConnections } from '../support/load.ts'
import { linesOf, type PlainApp, startPlain } from '../support/plain.ts'
import { swapUnderLoad } from '../support/swap-under-load.ts'

const FORMS = 11
/** By their place in the fixture: those that name 127.0.0.1. */
const WITH_HOST = [3, 4, 9]

test('whatever the form of listen, the application sees what plain Node.js shows, and loses no request', async t => {
  const ports = await freePorts(FORMS)
  const env = { PORTS: ports.join(',') }

  const plain = startPlain(t, 'listen-forms', { version: '1.0.0', env })
  const expected = await reportOf(plain, ports)
  plain.kill('SIGTERM')
  await plain.ended

  // Where the host has no IPv6 it is 0.0.0.0.
  const any = /"address":"([^"]+)"/.exec(expected.find(line => line.startsWith('port: listening')) ?? '')?.[1]
  assert.ok(any)
  const hosts = ports.map((_port, index) => (WITH_HOST.includes(index) ? '127.0.0.1' : any))
  const [port = 0, ...otherPorts] = ports
  const app = await swapUnderLoad(t, 'listen-forms', {
    port,
    env,
    args: [
      ...otherPorts.flatMap(other => ['--port', String(other)]),
      ...hosts.flatMap(host => ['--host', host]),
    ],
    kinds: ports.map(on),
    clients: 1,
    swaps: 1,
  })
  assert.doesNotMatch(app.output(), /Warning/)
  const lines = await reportOf({ output: app.output, until }, ports)
  // Two generations booted; the second answered.
  assert.deepEqual([...new Set(lines)], expected)
})

/** Has every server report once more, when it answers; resolves to all that was reported. */
async function reportOf(
  { output, until }: Pick<PlainApp, 'output' | 'until'>,
  ports: number[],
): Promise<string[]> {
  const listening = () => linesOf(output(), 'form').filter(line => line.includes(': listening')).length
  await until(() => listening() >= ports.length)
  for (const port of ports) await get(port, '/report')
  const answering = () => linesOf(output(), 'form').filter(line => line.includes(': answering')).length
  await until(() => answering() >= ports.length)
  return linesOf(output(), 'form')
}

const on =
  (port: number): ClientKind =>
  () =>
    newConnections(port)

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}
