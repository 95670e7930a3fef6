import { indexOfToken, type ParsedModule } from '../syntax/parse.ts'

interface TokenRange {
  start: number
  end: number
}

const isText = ({ text }: ParsedModule, { start, end }: TokenRange, wanted: string) =>
  text.slice(start, end) === wanted

/** The comma that stands there next. */
export function commaAfter(parsed: ParsedModule, offset: number): TokenRange | null {
  const token = parsed.tokens[indexOfToken(parsed, offset)]
  return token && isText(parsed, token, ',') ? token : null
}

/** The first token with a text between two offsets. */
export function tokenAt(parsed: ParsedModule, from: number, to: number, wanted: string): TokenRange | null {
  for (let index = indexOfToken(parsed, from); ; index += 1) {
    const token = parsed.tokens[index]
    if (token === undefined || token.start >= to) return null
    if (isText(parsed, token, wanted)) return token
  }
}
