import type { AnyNode, Pattern } from 'acorn'
import type MagicString from 'magic-string'
import type { FunctionCode } from '../syntax/code.ts'
import type { ParsedModule } from '../syntax/parse.ts'
import type { Names } from './names.ts'
import { commaAfter } from './tokens.ts'

/**
 * Parameters that take a value apart, or have a default, become statements of the body. From the first default on none counts for `length`:
 * those are elements of the rest. Line ends stay in their order, so that each line of the body keeps its number.
 */
export function moveParameters(
  parsed: ParsedModule,
  code: FunctionCode,
  names: Names,
  edit: MagicString,
  at: number,
): string {
  const { params } = code.node
  for (const param of params) {
    const comma = commaAfter(parsed, param.end)
    if (comma) edit.remove(comma.start, comma.end)
  }
  const counted = countedIn(code)
  const rest = params.slice(counted.length)
  const passed = counted.map((param, index) => {
    if (param.type === 'Identifier') {
      edit.appendLeft(param.end, ',')
      return param.name
    }
    const name = names.parameter(index)
    edit.appendLeft(param.start, `${name},`)
    moveTo(edit, param, at, 'let ', `=${name};`)
    return name
  })
  const end = rest[0]?.start ?? params.at(-1)?.end ?? at
  const list = `...${names.rest}`
  // What a moved parameter has behind it would go with it.
  if (rest.length === 0 && counted.at(-1)?.type !== 'Identifier') edit.prependRight(end, list)
  else edit.appendLeft(end, list)
  rest.forEach((param, index) => {
    if (param.type === 'RestElement') {
      edit.remove(param.start, param.argument.start)
      moveTo(edit, param, at, 'let ', `=${names.rest}.slice(${index});`)
    } else moveTo(edit, param, at, `let {${index}:`, `}=${names.rest};`)
  })
  return `[${[...passed, list].join(',')}]`
}

/** The parameters that count for `length`. */
export function countedIn({ node: { params } }: FunctionCode): Pattern[] {
  const firstDefault = params.findIndex(({ type }) => type === 'AssignmentPattern' || type === 'RestElement')
  return firstDefault === -1 ? params : params.slice(0, firstDefault)
}

function moveTo(edit: MagicString, { start, end }: AnyNode, at: number, before: string, after: string): void {
  edit.prependRight(start, before)
  edit.appendLeft(end, after)
  edit.move(start, end, at)
}
