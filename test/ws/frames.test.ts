import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trackFrames } from '../../src/ws/frames.ts'

const MASK = Buffer.from([1, 2, 3, 4])

interface Frame {
  opcode: number
  fin: boolean
  length: number
}

/** A frame as a client sends it; the mask is not applied, since nobody looks at the payload. */
function bytesOf({ opcode, fin, length }: Frame): Buffer {
  const first = opcode | (fin ? 0x80 : 0)
  const extended = Buffer.alloc(length > 0xffff ? 8 : length > 125 ? 2 : 0)
  if (length > 0xffff) extended.writeBigUInt64BE(BigInt(length))
  else if (length > 125) extended.writeUInt16BE(length)
  const second = 0x80 | (length > 0xffff ? 127 : length > 125 ? 126 : length)
  return Buffer.concat([Buffer.from([first, second]), extended, MASK, Buffer.alloc(length, opcode)])
}

const message = (length: number): Frame => ({ opcode: 2, fin: true, length })
const begins = (length: number): Frame => ({ opcode: 1, fin: false, length })
const goesOn = (length: number): Frame => ({ opcode: 0, fin: false, length })
const ends = (length: number): Frame => ({ opcode: 0, fin: true, length })
const ping: Frame = { opcode: 9, fin: true, length: 3 }

const STREAM = [
  message(0),
  message(5),
  message(125),
  message(126),
  ping,
  begins(7),
  ping,
  goesOn(0),
  goesOn(130),
  { ...ping, length: 0 },
  ends(3),
  message(70_000),
  begins(2),
  ends(0),
  { ...ping, opcode: 10 },
]

/** What is whole of the first `cut` bytes, and what is begun, by frames that are known. */
function expectedAt(cut: number): { whole: number; begun: Buffer } {
  let whole = 0
  let begun: Buffer[] = []
  let at = 0
  for (const frame of STREAM) {
    const bytes = bytesOf(frame)
    if (at + bytes.length > cut) {
      begun.push(bytes.subarray(0, cut - at))
      break
    }
    at += bytes.length
    if (frame.opcode >= 8) whole += 1
    else if (frame.fin) {
      whole += 1
      begun = []
    } else begun.push(bytes)
  }
  return { whole, begun: Buffer.concat(begun) }
}

const ALL = Buffer.concat(STREAM.map(bytesOf))
const CUTS = Array.from({ length: ALL.length + 1 }, (_, cut) => cut).filter(
  // In the long payload one place is like another.
  cut => cut < 1_000 || cut > ALL.length - 200 || cut % 9_973 === 0,
)

test('wherever the stream of a client is cut, it is known what is whole and what is begun', () => {
  for (const cut of CUTS) {
    const frames = trackFrames()
    frames.push(Buffer.from(ALL.subarray(0, cut)))
    const { whole, begun } = expectedAt(cut)
    assert.equal(frames.whole(), whole, `${cut}`)
    assert.deepEqual(Buffer.concat(frames.begun()), begun, `${cut}`)
    assert.equal(frames.begunBytes(), begun.length)
    assert.ok(frames.isOpen())
  }
})

test('the same in pieces of any size', () => {
  for (const size of [1, 2, 3, 7, 64, 1_000, 65_536]) {
    const frames = trackFrames()
    for (let at = 0; at < ALL.length; at += size) frames.push(Buffer.from(ALL.subarray(at, at + size)))
    assert.equal(frames.whole(), expectedAt(ALL.length).whole)
    assert.equal(frames.begunBytes(), 0)
  }
})

test('a fragment is kept as it came, also when its mask is taken off later', () => {
  const frames = trackFrames()
  const chunk = Buffer.concat([begins(4), message(0)].map(bytesOf)).subarray(0, 12)
  const before = Buffer.from(chunk)
  frames.push(chunk)
  chunk.fill(0, 6, 10)
  assert.deepEqual(Buffer.concat(frames.begun()), before)
})

test('nothing follows a close, nor what no client sends', () => {
  const bad = {
    close: bytesOf({ opcode: 8, fin: true, length: 2 }),
    'a reserved opcode': bytesOf({ opcode: 3, fin: true, length: 2 }),
    'no mask': Buffer.from([0x81, 0x01, 0x20, 0x20, 0x20, 0x20]),
    'a continuation of nothing': bytesOf(ends(1)),
    'a message in a message': Buffer.concat([begins(1), message(1)].map(bytesOf)),
  }
  for (const [what, bytes] of Object.entries(bad)) {
    const frames = trackFrames()
    frames.push(bytes)
    assert.equal(frames.isOpen(), false, what)
    frames.push(bytesOf(message(1)))
    assert.equal(frames.whole(), 0, what)
  }
})
