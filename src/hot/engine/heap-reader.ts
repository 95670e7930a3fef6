import { Buffer } from 'node:buffer'
import { setImmediate as turn } from 'node:timers/promises'
import { getHeapSnapshot } from 'node:v8'
import { createTables, type Header, type Heap } from './heap-tables.ts'

/** How much is read at a time: others run in between. */
const PIECE_BYTES = 4_000_000

/** Reads the heap as it is. What the caller itself is in the middle of counts as held by its stack. */
export async function readHeap(): Promise<Heap> {
  const read = createReader()
  for await (const chunk of getHeapSnapshot() as AsyncIterable<Buffer>)
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      read.piece(chunk.subarray(from, from + PIECE_BYTES))
      await turn()
    }
  return read.end()
}

type Section = 'header' | 'nodes' | 'to edges' | 'edges' | 'to strings' | 'strings'

/** What each section ends with, or what the next one begins with. */
const MARKS = { header: '"nodes":[', 'to edges': '"edges":[', 'to strings': '"strings":[' } as const

const [COMMA, BRACKET, ZERO, NINE] = [...Buffer.from(',]09')] as [number, number, number, number]

function createReader() {
  let section: Section = 'header'
  let kept = Buffer.alloc(0)
  const strings: Buffer[] = []
  let tables: ReturnType<typeof createTables> | null = null
  const numbers = { value: 0, any: false }

  /** Goes on behind a mark; what is before that is kept where it is of use. */
  function seek(piece: Buffer, at: keyof typeof MARKS): Buffer | null {
    const mark = MARKS[at]
    const all = Buffer.concat([kept, piece])
    const found = all.indexOf(mark)
    if (found < 0) {
      kept = at === 'header' ? all : Buffer.from(all.subarray(-mark.length))
      return null
    }
    kept = Buffer.alloc(0)
    if (at === 'header')
      tables = createTables(
        JSON.parse(`${all.subarray(0, found).toString().trimEnd().replace(/,$/, '')}}`) as Header,
      )
    return all.subarray(found + mark.length)
  }

  /** @returns what follows the last number; `null` where there may be more. */
  function take(piece: Buffer, add: (number: number) => void): Buffer | null {
    let { value, any } = numbers
    for (let index = 0; index < piece.length; index += 1) {
      const byte = piece[index] as number
      if (byte >= ZERO && byte <= NINE) {
        value = value * 10 + byte - ZERO
        any = true
      } else if (byte === COMMA || byte === BRACKET) {
        if (any) add(value)
        value = 0
        any = false
        if (byte === BRACKET) {
          Object.assign(numbers, { value, any })
          return piece.subarray(index + 1)
        }
      }
    }
    Object.assign(numbers, { value, any })
    return null
  }

  function step(piece: Buffer): Buffer | null {
    switch (section) {
      case 'header':
      case 'to edges':
      case 'to strings': {
        const rest = seek(piece, section)
        if (rest) section = section === 'header' ? 'nodes' : section === 'to edges' ? 'edges' : 'strings'
        return rest
      }
      case 'nodes':
      case 'edges': {
        const rest = take(piece, section === 'nodes' ? tablesOf().addNode : tablesOf().addEdge)
        if (rest) section = section === 'nodes' ? 'to edges' : 'to strings'
        return rest
      }
      case 'strings':
        strings.push(Buffer.from(piece))
        return null
      default: {
        const unreachable: never = section
        throw new Error(`unknown section ${String(unreachable)}`)
      }
    }
  }

  function tablesOf(): ReturnType<typeof createTables> {
    if (tables === null) throw new Error('a heap snapshot without a header')
    return tables
  }

  return {
    piece: (piece: Buffer) => {
      for (let rest: Buffer | null = piece; rest !== null && rest.length > 0; ) rest = step(rest)
    },
    end: (): Heap => {
      const text = Buffer.concat(strings).toString()
      return tablesOf().heap(JSON.parse(`[${text.slice(0, text.lastIndexOf(']'))}]`) as string[])
    },
  }
}
