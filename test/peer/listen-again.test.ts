import { test } from 'node:test'
import { looksAsPlain } from '../support/as-plain.ts'

test('a second server on a declared port, and a second listen, are refused as Node.js refuses them', t =>
  looksAsPlain(t, 'listen-twice'))

test('a server listens with a signal, and closes by it', t => looksAsPlain(t, 'listen-aborted'))

test('a declared port is probed, closed and opened again before the cutover', t =>
  looksAsPlain(t, 'listen-after-probe'))
