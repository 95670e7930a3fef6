/** Of a message, ping or pong that the client has begun, and of those that are whole. */
export interface FrameTracker {
  /** Follows what comes from the client. Called before `ws` sees the same bytes: that takes the mask off in place. */
  push(chunk: Buffer): void
  /** How many messages, pings and pongs were whole so far: `ws` tells the application of each. */
  whole(): number
  /** The bytes of what is not whole yet; what came in between (a ping in a message of several frames) is left out. */
  begun(): Buffer[]
  /** How many bytes those are. */
  begunBytes(): number
  /** Whether more can follow: no longer after a close, nor after what no WebSocket client sends. */
  isOpen(): boolean
}

/** RFC 6455, section 5.2: two bytes, up to eight of length, four of mask. */
const LONGEST_HEADER = 14
const CONTINUATION = 0
const CLOSE = 8
const KNOWN = new Set([CONTINUATION, 1, 2, CLOSE, 9, 10])

/** Follows the frames of a WebSocket client by their headers alone; nothing is copied but fragments of a message whose end has not come. */
export function trackFrames(): FrameTracker {
  const header = Buffer.alloc(LONGEST_HEADER)
  let headerBytes = 0
  /** Bytes of payload that are missing; `null` while the header is read. */
  let missing: number | null = null
  /** Whole fragments of a message. */
  let fragments: Buffer[] = []
  /** Of the frame that is being read. */
  let pieces: Buffer[] = []
  let isMessageOpen = false
  let isOpen = true
  let whole = 0

  function endFrame(): void {
    const [first = 0] = header
    const opcode = first & 0x0f
    const isFinal = (first & 0x80) !== 0
    if (opcode === CLOSE) isOpen = false
    else if (opcode > CLOSE) whole += 1
    else if (isFinal) {
      whole += 1
      fragments = []
      isMessageOpen = false
    } else {
      // A copy: `ws` takes off the mask of a fragment when that is whole.
      fragments.push(Buffer.concat(pieces))
      isMessageOpen = true
    }
    pieces = []
    headerBytes = 0
    missing = null
  }

  /** Whether the header is one that `ws` takes as well. */
  function isAcceptable(): boolean {
    const [first = 0, second = 0] = header
    const opcode = first & 0x0f
    if (!KNOWN.has(opcode) || (second & 0x80) === 0) return false
    return opcode >= CLOSE || isMessageOpen === (opcode === CONTINUATION)
  }

  /** Reads a byte of the header; with the last one it is known how much payload follows. */
  function readHeader(byte: number): void {
    header[headerBytes] = byte
    headerBytes += 1
    const length = (header[1] ?? 0) & 0x7f
    const lengthBytes = length === 127 ? 8 : length === 126 ? 2 : 0
    if (headerBytes < 2 || headerBytes < 6 + lengthBytes) return
    isOpen = isAcceptable()
    if (lengthBytes === 8) missing = Number(header.readBigUInt64BE(2))
    else missing = lengthBytes === 2 ? header.readUInt16BE(2) : length
  }

  return {
    push: chunk => {
      let start = 0
      for (let at = 0; at < chunk.length && isOpen; ) {
        if (missing === null) {
          readHeader(chunk[at] ?? 0)
          at += 1
        } else {
          const taken = Math.min(missing, chunk.length - at)
          missing -= taken
          at += taken
        }
        const isWhole = missing === 0
        if (!isWhole && at < chunk.length) continue
        pieces.push(chunk.subarray(start, at))
        start = at
        if (isWhole) endFrame()
      }
    },
    whole: () => whole,
    begun: () => [...fragments, ...pieces],
    begunBytes: () => [...fragments, ...pieces].reduce((sum, { length }) => sum + length, 0),
    isOpen: () => isOpen,
  }
}
