import MagicString from 'magic-string'
import { type Code, codeOf } from '../syntax/code.ts'
import { type ModuleFormat, type ParsedModule, parseModule } from '../syntax/parse.ts'
import { isActive, type TopLevel, waits } from '../syntax/statements.ts'
import { followClass, followFunction, hasClassDoor } from './follow.ts'
import { asksForHot } from './give-hot.ts'
import { doorText, type Names, namesFor } from './names.ts'

/** What the text that is added to a module relies on. A module that gives one of these names another meaning is loaded as it is. */
const NEEDED = ['eval', 'globalThis', 'Symbol', 'Reflect']

/** An instrumented module. */
export interface Instrumented {
  parsed: ParsedModule
  names: Names
  codes: Code[]
  /** Its new text, and how that came about. */
  edit: MagicString
}

/**
 * Makes a module one whose code can be replaced: every function first asks for its successor, top-level constants can be assigned, and at
 * its end it leaves a door into its scope. A pure function of the text.
 *
 * @returns `null` for a module that has to be loaded as it is.
 * @throws SyntaxError where the text is none that the parser knows.
 */
export function instrument(text: string, format: ModuleFormat): Instrumented | null {
  const parsed = parseModule(text, format)
  if (NEEDED.some(name => parsed.scope.set.has(name))) return null
  const names = namesFor(text)
  const edit = new MagicString(text)
  const codes = codeOf(parsed)
  followAll(parsed, codes, names, edit)
  let held = false
  for (const [index, statement] of parsed.program.body.entries()) {
    freeConstant(statement, edit)
    held = holdDefault(parsed, statement, names, edit) || held
    markUnit(parsed.program.body, index, statement, names, edit)
  }
  giveHot(parsed, edit)
  edit.append(tail(parsed, codes, names, held))
  return { parsed, names, codes, edit }
}

/** From the inside out: what is put at the same place is put around. */
function followAll(parsed: ParsedModule, codes: Code[], names: Names, edit: MagicString): void {
  for (const code of codes.toReversed()) {
    if (code.kind === 'class') followClass(code, names, edit, hasClassDoor(code))
    else followFunction(parsed, code, names, edit)
  }
}

function freeConstant(statement: TopLevel, edit: MagicString): void {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') return
  edit.update(declaration.start, declaration.start + 'const'.length, 'let  ')
}

/** A default export that is an expression gets a name, so that it can be set. */
function holdDefault(parsed: ParsedModule, statement: TopLevel, names: Names, edit: MagicString): boolean {
  if (!isHeldDefault(statement)) return false
  const keyword = parsed.tokens.find(token => token.start > statement.start)
  if (keyword === undefined) return false
  const opening = parsed.text.slice(statement.start, keyword.end)
  const lines = opening.split(/[^\n\r\u2028\u2029]+/).join('')
  const text = `let ${names.defaultExport}=`
  edit.update(statement.start, keyword.end, lines === '' ? text.padEnd(opening.length) : `${text}${lines}`)
  return true
}

/** Whether a default export is held in a variable. A function or class without a name gets its name from standing there. */
export function isHeldDefault(statement: TopLevel): boolean {
  if (statement.type !== 'ExportDefaultDeclaration') return false
  switch (statement.declaration.type) {
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'FunctionExpression':
    case 'ClassExpression':
    case 'ArrowFunctionExpression':
      return false
    default:
      return true
  }
}

function markUnit(
  body: TopLevel[],
  index: number,
  statement: TopLevel,
  names: Names,
  edit: MagicString,
): void {
  if (!isActive(statement)) return
  const marker = `${names.note}(${~index}${waits(statement) ? ',1' : ''});`
  const before = body[index - 1]
  if (before) edit.appendLeft(before.end, `;${marker}`)
  else edit.prependRight(statement.start, marker)
}

/** Before the first statement. */
function giveHot({ text, format, program }: ParsedModule, edit: MagicString): void {
  if (!asksForHot(text, format)) return
  const place = format === 'module' ? 'import.meta' : 'module'
  const first = program.body.find(
    statement => !('directive' in statement && statement.directive !== undefined),
  )
  const id = format === 'module' ? 'import.meta.url' : '__filename'
  if (first)
    edit.prependRight(first.start, `${place}.hot=globalThis[Symbol.for("beam-deploy.hot")].hot(${id});`)
}

function tail({ format }: ParsedModule, codes: Code[], names: Names, held: boolean): string {
  const id = format === 'module' ? 'import.meta.url' : '__filename'
  const engine = 'globalThis[Symbol.for("beam-deploy.hot")]'
  const slots = codes.map(({ slot }) => slot)
  const doors = codes.flatMap(code =>
    code.kind === 'class' && hasClassDoor(code) ? [names.classDoor(code.slot)] : [],
  )
  const variables = [...slots.map(names.slot), ...doors]
  const cases = slots.map(slot => `case ${slot}:${names.slot(slot)}=v;break;`).join('')
  const inside = format === 'module' ? 'import.meta' : 'module'
  return [
    '\n;',
    variables.length > 0 ? `var ${variables.join(',')};` : '',
    `function ${names.write}(k,v){switch(k){${cases}}}`,
    // The module's address is another one after an upgrade; this one stays. It is not set yet where a cycle calls from outside.
    `var ${names.id}=${id};`,
    // Below 0 it is a statement and no function. One helper of the module does for both: each that runs is one more to read when it starts.
    `function ${names.note}(k,w){var e=${engine},i=${names.id}||${id};return k<0?e.unit(i,~k,w):e.note(i,k,${names.write})}`,
    `function ${names.follow}(f,t,a,n){return n===void 0?Reflect.apply(f,t,a):Reflect.construct(f,a,n)}`,
    `${engine}.loaded(${id},${doorText(names)},${names.write},${inside});`,
    held ? `export{${names.defaultExport} as default};` : '',
  ].join('')
}
