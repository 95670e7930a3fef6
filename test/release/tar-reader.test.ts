import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { refusalsOf } from '../../src/release/refusal.ts'
import { createTarReader, type TarEntry } from '../../src/release/tar-reader.ts'
import { entry, longLinkpath, longPath, pax, tar } from '../support/tar-bytes.ts'

/** Reads `bytes` in pieces of `size`. */
function readInPieces(bytes: Buffer, size: number) {
  const read: (TarEntry & { content: string })[] = []
  let pieces: Buffer[] = []
  const sink = {
    entry(entry: TarEntry) {
      pieces = []
      read.push({ ...entry, content: '' })
    },
    data: (piece: Buffer) => void pieces.push(piece),
    end() {
      const last = read.at(-1)
      if (last) last.content = Buffer.concat(pieces).toString('latin1')
    },
  }
  const reader = createTarReader(sink, refusalsOf('the archive'))
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size))
  reader.end()
  return read
}

const big = randomBytes(3000).toString('latin1')
const archive = tar(
  entry({ path: 'folder/', type: '5', mode: 0o755 }),
  ...[pax({ path: 'long/by-pax', size: '3' }), entry({ path: 'short', content: 'abc' })],
  ...[longPath('long/by-gnu'), entry({ path: 'short', content: Buffer.from(big, 'latin1'), mode: 0o4755 })],
  ...[
    pax({ path: 'by-pax', linkpath: 'to/pax' }),
    entry({ path: 'x', prefix: 'not/this', type: '2', linkpath: 'no' }),
  ],
  ...[longLinkpath('to/gnu'), entry({ path: 'by-gnu', type: '2', linkpath: 'no' })],
  entry({ path: 'name', prefix: 'with/prefix' }),
  entry({ path: 'plain' }),
  entry({ path: 'link', type: '2', linkpath: 'plain' }),
)

for (const size of [1, 7, 511, 512, 513, 700, 100_000]) {
  test(`an archive is read in pieces of ${size} bytes`, () => {
    const file = { type: 'File', mode: 0o644, linkpath: '' }
    assert.deepEqual(readInPieces(archive, size), [
      { path: 'folder/', type: 'Directory', mode: 0o755, size: 0, linkpath: '', content: '' },
      { ...file, path: 'long/by-pax', size: 3, content: 'abc' },
      { ...file, path: 'long/by-gnu', size: 3000, mode: 0o4755, content: big },
      { path: 'by-pax', type: 'SymbolicLink', mode: 0o644, size: 0, linkpath: 'to/pax', content: '' },
      { path: 'by-gnu', type: 'SymbolicLink', mode: 0o644, size: 0, linkpath: 'to/gnu', content: '' },
      { ...file, path: 'with/prefix/name', size: 0, content: '' },
      { ...file, path: 'plain', size: 0, content: '' },
      { path: 'link', type: 'SymbolicLink', mode: 0o644, size: 0, linkpath: 'plain', content: '' },
    ])
  })
}

test('what stands behind the end is not read', () => {
  const behind = Buffer.concat([archive, entry({ path: 'behind' }), randomBytes(1000)])
  assert.equal(readInPieces(behind, 700).length, 8)
})
