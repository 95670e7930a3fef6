import type { AnyNode, MethodDefinition } from 'acorn'
import { type Following, followingOf } from '../instrument/follow.ts'
import { type ClassCode, type Code, codeOf, type FunctionCode } from '../syntax/code.ts'
import { lineAt, lineStarts } from '../syntax/lines.ts'
import { type ModuleFormat, type ParsedModule, parseModule, startOf } from '../syntax/parse.ts'
import { type Imported, importsOf } from './imports.ts'
import { type StaticField, staticsOf } from './statics.ts'
import { type Unit, unitsOf } from './units.ts'

/** A range of the text. */
export interface Range {
  start: number
  end: number
}

/** A piece of a module that is compared by itself: a unit, or a function, a class or a constructor inside one. */
export type Piece = {
  ranges: Range[]
  children: Piece[]
  /** Its tokens without those of its children; every variable named with where it comes from. */
  shell: string
} & (
  | { kind: 'unit'; unit: Unit }
  | { kind: 'function'; code: FunctionCode }
  | {
      kind: 'class'
      code: ClassCode
      members: Member[]
      statics: StaticField[]
      /** What is evaluated with it beside its static fields: what it extends, static blocks. */
      residue: string
    }
  /** With the fields of the instances: they are set by it. `code` is the class where it has none of its own. */
  | { kind: 'constructor'; code: Code; of: ClassCode }
)

/** A method or accessor of a class. */
export interface Member {
  /** `static`, `get` and `set`, and its name as it is written. */
  signature: string
  node: MethodDefinition
  /** `null` for one that never asks for its successor. */
  piece: Piece | null
  /** What is compared where there is no piece. */
  shell: string
}

/** All that can be known of a module from its text. */
export interface Model {
  text: string
  format: ModuleFormat
  parsed: ParsedModule
  codes: Code[]
  following: Following[]
  /** Functions that never ask for a successor; constructors are not among them. */
  unfollowed: FunctionCode[]
  units: Piece[]
  imports: Map<string, Imported>
  /** What pieces are compared by, of any ranges. */
  shellOf(ranges: Range[], children: Piece[]): string
  /** From 1. */
  line(offset: number): number
}

/** @throws SyntaxError as of the parser. */
export function modelOf(text: string, format: ModuleFormat): Model {
  const parsed = parseModule(text, format)
  const codes = codeOf(parsed)
  const following = codes.map(code => followingOf(parsed, code))
  const imports = importsOf(parsed)
  const starts = lineStarts(text)
  const { build, shellOf } = createBuilder(parsed, codes, following, imports)
  const units = unitsOf(parsed.program.body, ownsExports(parsed)).map(build)
  const unfollowed = codes.filter(
    code => code.kind === 'function' && code.role !== 'constructor' && following[code.slot]?.how === 'not',
  ) as FunctionCode[]
  const line = (offset: number) => lineAt(starts, offset)
  return { text, format, parsed, codes, following, unfollowed, units, imports, shellOf, line }
}

/** Whether `exports` and `module` are in a module what CommonJS gives it. */
export const ownsExports = ({ format, scope }: ParsedModule): boolean =>
  format === 'commonjs' && !scope.set.has('exports') && !scope.set.has('module')

/** Whether a function asks for its successor: if not, it is a part of what is around it. */
const isPiece = (code: Code, following: Following[]) =>
  code.kind === 'class' || following[code.slot]?.how !== 'not'

function createBuilder(
  parsed: ParsedModule,
  codes: Code[],
  following: Following[],
  imports: Map<string, Imported>,
) {
  const written = new Map<number, string>()
  for (const { identifier, resolved } of parsed.references) {
    const { name } = identifier
    const from = resolved === null ? `${name}@global` : resolved.scope === parsed.scope ? atTop(name) : name
    written.set(startOf(identifier), from)
  }

  function atTop(name: string): string {
    const imported = imports.get(name)
    return imported ? `${name}@${imported.request}#${imported.name}` : `${name}@top`
  }

  const shellOf = (ranges: Range[], children: Piece[]) => {
    const gaps = children
      .flatMap(child => child.ranges.map(range => ({ ...range, kind: child.kind })))
      .sort(byStart)
    const words: string[] = []
    let gap = 0
    for (const range of ranges.toSorted(byStart)) {
      for (const token of tokensIn(parsed, range)) {
        while (gap < gaps.length && (gaps[gap]?.end ?? 0) <= token.start) gap += 1
        const current = gaps[gap]
        if (current && token.start >= current.start) {
          const mark = `\0${current.kind}${current.start}`
          // Fields come and go without the class being another one: it is its constructor that changes.
          if (current.kind !== 'constructor' && words.at(-1) !== mark) words.push(mark)
          continue
        }
        words.push(written.get(token.start) ?? parsed.text.slice(token.start, token.end))
      }
    }
    return words.map(word => (word.startsWith('\0') ? word.replace(/\d+$/, '') : word)).join('\x01')
  }

  const finish = <Own extends object>(own: Own, ranges: Range[], children: Piece[]) => ({
    ...own,
    ranges,
    children,
    shell: shellOf(ranges, children),
  })

  function pieceOf(code: Code): Piece[] {
    if (code.kind === 'class') return [classPiece(code)]
    if (!isPiece(code, following)) return code.inner.flatMap(pieceOf)
    const { node } = code
    const piece = finish({ kind: 'function', code } as const, [rangeOf(node)], code.inner.flatMap(pieceOf))
    // Of a method that stands before its text.
    const kind = `${node.async ? 'async' : ''}${node.generator ? '*' : ''}`
    return [{ ...piece, shell: `${kind}\x01${piece.shell}` }]
  }

  function classPiece(code: ClassCode): Piece {
    const { node } = code
    const fields = node.body.body
      .filter(member => member.type === 'PropertyDefinition' && !member.static)
      .map(rangeOf)
    const explicit = node.body.body.find(
      member => member.type === 'MethodDefinition' && member.kind === 'constructor',
    )
    const constructing = explicit ? [...fields, rangeOf(explicit)] : fields
    const isInside = (inner: Code) =>
      constructing.some(range => inner.node.start >= range.start && inner.node.end <= range.end)
    const inConstructor = code.inner.flatMap(inner => {
      if (!isInside(inner)) return []
      return inner === code.constructorCode ? inner.inner.flatMap(pieceOf) : pieceOf(inner)
    })
    const construction: Piece = finish(
      { kind: 'constructor', code: code.constructorCode ?? code, of: code } as const,
      constructing,
      inConstructor,
    )
    const methods = code.inner.filter(inner => !isInside(inner)).flatMap(pieceOf)
    const children = [construction, ...methods]
    const members = node.body.body.flatMap(member =>
      member.type === 'MethodDefinition' && member !== explicit ? [member] : [],
    )
    const statics = staticsOf(node, methods, shellOf)
    const own = {
      kind: 'class',
      code,
      members: members.map(member => memberOf(member, methods)),
      statics,
    } as const
    const apart = [...members, ...statics.map(field => field.node)]
    const gaps = apart.map(member => ({ ...construction, ranges: [rangeOf(member)] }))
    return finish(
      { ...own, residue: shellOf([rangeOf(node)], [construction, ...gaps]) },
      [rangeOf(node)],
      children,
    )
  }

  function memberOf(node: MethodDefinition, methods: Piece[]): Member {
    const kind = node.kind === 'method' ? '' : `${node.kind} `
    const name = parsed.text.slice(node.key.start, node.key.end)
    const signature = `${node.static ? 'static ' : ''}${kind}${node.computed ? `[${name}]` : name}`
    const piece = methods.find(method => method.kind === 'function' && method.code.node === node.value)
    return { signature, node, piece: piece ?? null, shell: shellOf([rangeOf(node)], methods) }
  }

  const build = (unit: Unit): Piece => {
    const range = rangeOf(unit.node)
    const inside = codes.filter(
      ({ within, node }) => within === null && node.start >= range.start && node.end <= range.end,
    )
    const piece = finish({ kind: 'unit', unit } as const, [range], inside.flatMap(pieceOf))
    const value = comparedIn(unit)
    if (value === null) return piece
    // However an export is set, it is the same one as long as its value is.
    return { ...piece, shell: [...unit.names, shellOf([rangeOf(value)], piece.children)].join('\x01') }
  }
  return { build, shellOf }
}

/** What of an export is compared; `null` for the whole unit. */
function comparedIn({ exporting }: Unit): AnyNode | null {
  if (exporting?.how === 'assigned') return exporting.value
  if (exporting?.how === 'listed') return exporting.property.method ? exporting.property : exporting.value
  return null
}

/** Functions that never ask for a successor and belong to a piece itself. */
export function unfollowedIn({ unfollowed }: Model, piece: Piece): FunctionCode[] {
  const isIn = ({ node }: Code, { ranges }: Piece) =>
    ranges.some(({ start, end }) => node.start >= start && node.end <= end)
  return unfollowed.filter(code => isIn(code, piece) && !piece.children.some(child => isIn(code, child)))
}

const rangeOf = ({ start, end }: Range): Range => ({ start, end })
const byStart = (a: Range, b: Range) => a.start - b.start

function* tokensIn({ tokens }: ParsedModule, { start, end }: Range): Generator<Range> {
  let low = 0
  let high = tokens.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tokens[middle]?.start ?? end) < start) low = middle + 1
    else high = middle
  }
  for (let index = low; ; index += 1) {
    const token = tokens[index]
    if (token === undefined || token.start >= end) return
    yield token
  }
}
