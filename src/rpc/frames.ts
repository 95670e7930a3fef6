import type { Duplex } from 'node:stream'
import { isEnvelope, type Wire } from './ipc.ts'
import { PROTOCOL_VERSION } from './protocol.ts'

/** "BD": what does not begin with it was written by somebody else. */
const MARK = 0x4244
/** Where in the header the two lengths stand, and its own. */
const TEXT_LENGTH = 2
const BINARY_LENGTH = 6
const HEADER = 12

/**
 * A wire over a stream for messages with binary content. Each is a frame: "BD", length of the text (4 bytes, big-endian), length of
 * the rest (6 bytes), the message as JSON in our envelope, and the content of its `Uint8Array`s, for which
 * `{ "$bytes": <length> }` stands in the text, in order. Nothing in it depends on the version of Node.js.
 */
export function frameWire(stream: Duplex): Wire {
  return {
    send: message =>
      new Promise((resolve, reject) => {
        // What is sent in one turn goes out at once.
        stream.cork()
        process.nextTick(() => stream.uncork())
        const pieces = writeFrame({ beamDeploy: PROTOCOL_VERSION, message })
        for (const [index, bytes] of pieces.entries())
          stream.write(bytes, error => {
            if (error) reject(error)
            else if (index === pieces.length - 1) resolve()
          })
      }),
    receive: listener => {
      const read = createFrameReader(envelope => {
        if (isEnvelope(envelope)) listener(envelope.message)
      })
      stream.on('data', (chunk: Uint8Array) => {
        try {
          read(chunk)
        } catch (error) {
          // What is no frame was not written by us: nothing that follows can be understood.
          stream.destroy(error as Error)
        }
      })
    },
  }
}

export function writeFrame(envelope: object): Uint8Array[] {
  const binary: Uint8Array[] = []
  const json = JSON.stringify(envelope, (_key, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value
    binary.push(value)
    return { $bytes: value.byteLength }
  })
  const text = Buffer.from(json)
  const header = Buffer.allocUnsafe(HEADER)
  header.writeUInt16BE(MARK)
  header.writeUInt32BE(text.byteLength, TEXT_LENGTH)
  header.writeUIntBE(
    binary.reduce((sum, { byteLength }) => sum + byteLength, 0),
    BINARY_LENGTH,
    6,
  )
  return [header, text, ...binary]
}

/** Takes a stream's chunks, however they are cut, and gives each whole message to `listener`. */
export function createFrameReader(listener: (envelope: unknown) => void): (chunk: Uint8Array) => void {
  let stage: 'header' | 'text' | 'binary' = 'header'
  let wanted = Buffer.allocUnsafeSlow(HEADER)
  let filled = 0
  let text = ''
  let binaryLength = 0

  const expect = (next: typeof stage, length: number) => {
    stage = next
    wanted = Buffer.allocUnsafeSlow(length)
    filled = 0
  }
  /** Whether there is more to do without another byte. */
  const advance = () => {
    switch (stage) {
      case 'header':
        if (wanted.readUInt16BE() !== MARK) throw new Error('this is no frame')
        binaryLength = wanted.readUIntBE(BINARY_LENGTH, 6)
        expect('text', wanted.readUInt32BE(TEXT_LENGTH))
        return
      case 'text':
        text = wanted.toString()
        expect('binary', binaryLength)
        return
      case 'binary': {
        const binary = wanted
        expect('header', HEADER)
        listener(readMessage(text, binary))
        return
      }
      default: {
        const unreachable: never = stage
        throw new Error(`unknown stage ${unreachable}`)
      }
    }
  }
  return chunk => {
    let at = 0
    while (at < chunk.byteLength || filled === wanted.byteLength) {
      const end = Math.min(chunk.byteLength, at + wanted.byteLength - filled)
      wanted.set(chunk.subarray(at, end), filled)
      filled += end - at
      at = end
      if (filled < wanted.byteLength) return
      advance()
    }
  }
}

function readMessage(text: string, binary: Buffer): unknown {
  let at = 0
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value
    const from = binary.byteOffset + at
    at += Number(value.$bytes)
    return new Uint8Array(binary.buffer, from, Number(value.$bytes))
  })
}
