import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createFrameReader, frameWire, writeFrame } from '../../src/rpc/frames.ts'

const MESSAGE = { m: 'put', a: ['rooms', [new Uint8Array([1, 2, 3]), new Uint8Array(0)], null, 'é'], i: 'x' }

/** As the first version writes it. Do not change: the two processes may come from different copies of this package. */
const FIRST =
  '4244000000620000000000037b226265616d4465706c6f79223a312c226d657373616765223a7b226d223a22707574222c2261223a5b22726f6f6d73222c5b7b22246279746573223a337d2c7b22246279746573223a307d5d2c6e756c6c2c22c3a9225d2c2269223a2278227d7d010203'

test('a frame is as the first version wrote it', () => {
  const frame = Buffer.concat(writeFrame({ beamDeploy: 1, message: MESSAGE }))
  assert.equal(frame.toString('hex'), FIRST)
})

test('frames are read however the stream cuts them', () => {
  const bytes = Buffer.concat([Buffer.from(FIRST, 'hex'), Buffer.from(FIRST, 'hex')])
  for (const size of [1, 2, 7, 100, bytes.length]) {
    const read: unknown[] = []
    const reader = createFrameReader(envelope => read.push(envelope))
    for (let at = 0; at < bytes.length; at += size) reader(bytes.subarray(at, at + size))
    const whole = { beamDeploy: 1, message: MESSAGE }
    assert.deepEqual(read, [whole, whole], `in pieces of ${size}`)
  }
})

test('a wire brings messages over, in order', async () => {
  const stream = new PassThrough()
  const received: unknown[] = []
  const wire = frameWire(stream)
  wire.receive(message => received.push(message))
  await Promise.all([wire.send({ n: 1 }), wire.send(MESSAGE), wire.send({ n: 3 })])
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(received, [{ n: 1 }, MESSAGE, { n: 3 }])
})

test('what is no frame ends the wire, and nothing else', async () => {
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', 'BD\0\0\0\u0002\0\0\0\0\0\0{{']) {
    const stream = new PassThrough()
    const failed = new Promise<unknown>(resolve => stream.once('error', resolve))
    const received: unknown[] = []
    frameWire(stream).receive(message => received.push(message))
    stream.write(bytes, 'latin1')
    assert.ok((await failed) instanceof Error)
    assert.deepEqual(received, [])
  }
})

test('a message that cannot be sent any more rejects', async () => {
  const stream = new PassThrough()
  stream.on('error', () => undefined)
  stream.destroy()
  await assert.rejects(Promise.resolve(frameWire(stream).send({ n: 1 })))
})
