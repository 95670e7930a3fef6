/** Who writes a line on a stream that several write to: so that lines do not mix. */
export interface Lines {
  /** A writer's bytes as they are. */
  pass(writer: string, chunk: Buffer): Buffer
  /** The same, each line beginning with the writer's name. Nothing is held back, and no byte of the chunk is changed. */
  prefix(writer: string, chunk: Buffer): Buffer
  /** A line of our own. */
  own(line: string): string
}

const NEWLINE = 10

export function createLines(): Lines {
  /** Whose line was begun and not ended. */
  let open: string | null = null
  return {
    pass: (writer, chunk) => {
      open = chunk.at(-1) === NEWLINE ? null : writer
      return chunk
    },
    prefix: (writer, chunk) => {
      const name = Buffer.from(`${writer} | `)
      const parts: Buffer[] = []
      if (open !== null && open !== writer) parts.push(Buffer.from('\n'))
      let from = 0
      while (from < chunk.length) {
        if (from > 0 || open !== writer) parts.push(name)
        const end = chunk.indexOf(NEWLINE, from) + 1 || chunk.length
        parts.push(chunk.subarray(from, end))
        from = end
      }
      open = chunk.at(-1) === NEWLINE ? null : writer
      return Buffer.concat(parts)
    },
    own: line => {
      const text = open === null ? `${line}\n` : `\n${line}\n`
      open = null
      return text
    },
  }
}

const streams = new WeakMap<NodeJS.WriteStream, Lines>()

/** The one for all who write to `stream`. */
export function linesOf(stream: NodeJS.WriteStream): Lines {
  const known = streams.get(stream)
  if (known) return known
  const lines = createLines()
  streams.set(stream, lines)
  return lines
}
