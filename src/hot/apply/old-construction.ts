import { parse } from 'acorn'
import MagicString from 'magic-string'
import { diff } from '../diff/diff.ts'
import type { ConstructorPiece } from '../diff/match.ts'
import { type Model, modelOf, type Piece } from '../model/model.ts'
import type { ClassCode } from '../syntax/code.ts'
import { indexOfToken } from '../syntax/parse.ts'
import { blank } from './wrap-code.ts'

/** A class of the module's scope whose constructor or fields changed. */
export interface OtherConstruction {
  before: ConstructorPiece
  after: ConstructorPiece
}

/**
 * A new text in which classes have the constructor and the fields that they had: what then runs, and what the next upgrade is compared with.
 * Every line stays where it is.
 *
 * @returns `null` where what is in those would mean something else in the new text.
 * @throws SyntaxError where the new text needs private names that the class did not have, or the other way round.
 */
export function withOldConstruction(before: Model, after: Model, classes: OtherConstruction[]): Model | null {
  const edit = new MagicString(after.text)
  for (const each of classes) replace(before, each, edit)
  const model = modelOf(edit.toString(), after.format)
  if (!isSameOutside(after, model)) return null
  const same = topClasses(after)
  const now = topClasses(model)
  for (const each of classes) {
    const piece = constructions(model).find(({ of }) => of === now[same.indexOf(each.after.of)])
    if (piece === undefined || !takeShells(each.before, piece)) return null
  }
  return model
}

function replace(
  before: Model,
  { before: old, after: { of, ranges } }: OtherConstruction,
  edit: MagicString,
) {
  const [first] = ranges.map(({ start }) => start).toSorted((a, b) => a - b)
  for (const { start, end } of ranges) edit.update(start, end, blank(edit.original.slice(start, end)) || ' ')
  const at = first ?? of.node.body.start + 1
  edit.appendLeft(at, `${inOneLine(before, old)} `)
}

/** Semicolons stand where lines end that end a statement. */
function inOneLine({ text, format, parsed }: Model, { ranges }: ConstructorPiece): string {
  const ends = new Set<number>()
  const onInsertedSemicolon = (end: number) => void ends.add(end)
  parse(text, { ecmaVersion: 'latest', sourceType: format, allowHashBang: true, onInsertedSemicolon })
  const written = ranges
    .toSorted((a, b) => a.start - b.start)
    .map(range => {
      let line = ''
      let from = range.start
      for (let index = indexOfToken(parsed, range.start); ; index += 1) {
        const token = parsed.tokens[index]
        if (token === undefined || token.start >= range.end) break
        const gap = text.slice(from, token.start)
        const isBroken = /[\n\r\u2028\u2029]/.test(gap)
        line += isBroken ? (ends.has(from) ? ';' : ' ') : gap
        line += text.slice(token.start, token.end)
        from = token.end
      }
      return ends.has(from) ? `${line};` : line
    })
  return written.join(' ')
}

/** Whether two texts differ in nothing but in constructors and fields: a line may have gone on with the one that came behind it. */
function isSameOutside(one: Model, other: Model): boolean {
  const { units, added, removed, classes } = diff(one, other)
  return units.length + added.length + removed.length + classes.length === 0
}

const topClasses = ({ codes }: Model): ClassCode[] =>
  codes.flatMap(code => (code.kind === 'class' && code.within === null ? [code] : []))

function constructions({ units }: Model): ConstructorPiece[] {
  const within = (piece: Piece): ConstructorPiece[] =>
    piece.kind === 'constructor' ? [piece] : piece.children.flatMap(within)
  return units.flatMap(within)
}

/** What is the same but for semicolons is the same. Everything in a shell is named with where it comes from. */
function takeShells(from: Piece, to: Piece): boolean {
  if (withoutSemicolons(from) !== withoutSemicolons(to) || from.children.length !== to.children.length)
    return false
  to.shell = from.shell
  return from.children.every((child, index) => {
    const other = to.children[index]
    return other?.kind === child.kind && takeShells(child, other)
  })
}

const withoutSemicolons = ({ shell }: Piece) =>
  shell
    .split('\x01')
    .filter(word => word !== ';')
    .join('\x01')
