import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLines, type Lines } from '../../src/parent/lines.ts'

const bytes = (text: string) => Buffer.from(text)

/** What a stream gets when these are written one after the other: by a peer, or by the parent itself. */
function written(how: 'pass' | 'prefix', ...chunks: ([peer: string, text: string] | string)[]): string {
  const lines: Lines = createLines()
  return chunks
    .map(chunk =>
      typeof chunk === 'string' ? lines.own(chunk) : lines[how](chunk[0], bytes(chunk[1])).toString(),
    )
    .join('')
}

test('each line of a peer begins with its name, however it comes in pieces', () => {
  const whole = '2.0 | one\n2.0 | two\n2.0 | \n2.0 | three'
  assert.equal(written('prefix', ['2.0', 'one\ntwo\n\nthree']), whole)
  assert.equal(written('prefix', ['2.0', 'o'], ['2.0', 'ne\nt'], ['2.0', 'wo\n'], ['2.0', '\nthree']), whole)
})

test('a line that another peer has begun is ended first', () => {
  assert.equal(written('prefix', ['1.0', 'a'], ['2.0', 'b'], ['1.0', 'c\n']), '1.0 | a\n2.0 | b\n1.0 | c\n')
  assert.equal(written('prefix', ['1.0', 'a\n'], ['2.0', 'b\n']), '1.0 | a\n2.0 | b\n')
})

test('a line of our own stands alone', () => {
  assert.equal(
    written('prefix', ['1.0', 'a'], 'ours', ['1.0', 'b\n'], 'ours'),
    '1.0 | a\nours\n1.0 | b\nours\n',
  )
  assert.equal(
    written('pass', ['1.0', 'a'], 'ours', 'ours', ['1.0', 'b\n'], 'ours'),
    'a\nours\nours\nb\nours\n',
  )
})

test('bytes stay as they are: not text, and half of a character', () => {
  const binary = Buffer.from([0, 255, 10, 128, 254])
  const lines = createLines()
  assert.equal(lines.pass('1.0', binary), binary)
  assert.deepEqual(
    createLines().prefix('1.0', binary),
    Buffer.concat([bytes('1.0 | '), binary.subarray(0, 3), bytes('1.0 | '), binary.subarray(3)]),
  )
  const [first, second] = [bytes('ä').subarray(0, 1), bytes('ä').subarray(1)]
  const split = createLines()
  assert.equal(Buffer.concat([split.prefix('1.0', first), split.prefix('1.0', second)]).toString(), '1.0 | ä')
})
