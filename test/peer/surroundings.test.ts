import { test } from 'node:test'
import { looksAsPlain } from '../support/as-plain.ts'

test('a CommonJS application finds itself started as by `node server.js`', t =>
  looksAsPlain(t, 'looks-around-commonjs'))

test('an ES module application finds itself started as by `node server.js`', t =>
  looksAsPlain(t, 'looks-around-module'))
