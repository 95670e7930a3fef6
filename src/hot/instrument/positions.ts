import type MagicString from 'magic-string'
import type { Code } from '../syntax/code.ts'
import { lineAt, lineStarts } from '../syntax/lines.ts'

/** Where a text stood before it was edited. Lines count from 1, columns from 0. */
export interface Positions {
  /**
   * For each line that is not as it was: from which column on it is which line and column of the original. Lines that are as they were are
   * left out.
   */
  lines: Record<number, [column: number, line: number, originalColumn: number][]>
  /**
   * Constructors that were written down and that V8 shows, by where their class has its body; what stands for them is where the class begins. One that does
   * nothing but to call the class it extends is only shown where `new` has called it.
   */
  constructors: [line: number, column: number, classLine: number, classColumn: number, onlyByNew: 0 | 1][]
}

export const UNMOVED: Positions = { lines: {}, constructors: [] }

export function positionsOf(edit: MagicString, codes: Code[]): Positions {
  const lines: Positions['lines'] = {}
  const { mappings } = edit.generateDecodedMap({ hires: false })
  for (const [index, segments] of mappings.entries()) {
    const entries = segments.flatMap(([column, , line = index, original = column]) => [
      [column, line + 1, original] as [number, number, number],
    ])
    const moved = entries.some(([column, line, original]) => column !== original || line !== index + 1)
    if (moved) lines[index + 1] = entries
  }
  return { lines, constructors: constructorsIn(edit.original, codes) }
}

/** Of several edits of one text that leave nothing of each other's parts. Where two have something of one line, the first counts. */
export function mergePositions(all: Positions[]): Positions {
  const lines: Positions['lines'] = {}
  for (const positions of all) {
    for (const [key, segments] of Object.entries(positions.lines)) {
      const line = Number(key)
      // What was blanked out goes on from the line before.
      const isOwn = (known: Positions['lines'][number]) => known.some(([, original]) => original === line)
      const known = lines[line]
      if (!known || (!isOwn(known) && isOwn(segments))) lines[line] = segments
    }
  }
  return { lines, constructors: all.flatMap(({ constructors }) => constructors) }
}

function constructorsIn(text: string, codes: Code[]): Positions['constructors'] {
  const starts = lineStarts(text)
  const place = (offset: number): [number, number] => {
    const line = lineAt(starts, offset)
    return [line, offset - (starts[line - 1] ?? 0)]
  }
  return codes.flatMap(code => {
    if (code.kind !== 'class' || code.constructorCode) return []
    const fields = code.node.body.body.some(member => member.type === 'PropertyDefinition' && !member.static)
    if (!fields && !code.node.superClass) return []
    return [[...place(code.node.body.start + 1), ...place(code.node.start), fields ? 0 : 1]]
  })
}
