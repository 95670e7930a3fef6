import MagicString from 'magic-string'
import { type Code, codeOf } from '../syntax/code.ts'
import { type ModuleFormat, type ParsedModule, parseModule } from '../syntax/parse.ts'
import { isActive, isCalm, type TopLevel, waits } from '../syntax/statements.ts'
import { followClass, followFunction, hasClassDoor } from './follow.ts'
import { asksForHot } from './give-hot.ts'
import { type Names, namesFor } from './names.ts'

/** What the text that is added to a module relies on. A module that gives one of these names another meaning is loaded as it is. */
const NEEDED = ['eval', 'globalThis', 'Symbol', 'Reflect']

const ENGINE = 'globalThis[Symbol.for("beam-deploy.hot")]'

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
  let marked = false
  for (const [index, statement] of parsed.program.body.entries()) {
    freeConstant(statement, edit)
    held = holdDefault(parsed, statement, names, edit) || held
    if (!isActive(statement)) continue
    markUnit(parsed, index, marked ? '' : `${names.tell}=${tellText(names)};`, names, edit)
    marked = true
  }
  giveHot(parsed, edit)
  edit.append(tail(parsed, codes, names, { held, marked }))
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
  { program: { body }, scope }: ParsedModule,
  index: number,
  beginning: string,
  names: Names,
  edit: MagicString,
): void {
  const [before, statement] = [body[index - 1], body[index]]
  if (statement === undefined) return
  const how = waits(statement) ? ',1' : isCalm(statement, scope.set) ? ',2' : ''
  const marker = `${beginning}${names.tell}(${index}${how});`
  if (before) edit.appendLeft(before.end, `;${marker}`)
  else edit.prependRight(statement.start, marker)
}

const tellText = ({ note }: Names) => `${ENGINE}.module("${note}")`

/** Before the first statement. */
function giveHot({ text, format, program }: ParsedModule, edit: MagicString): void {
  if (!asksForHot(text, format)) return
  const place = format === 'module' ? 'import.meta' : 'module'
  const first = program.body.find(
    statement => !('directive' in statement && statement.directive !== undefined),
  )
  const id = format === 'module' ? 'import.meta.url' : '__filename'
  if (first) edit.prependRight(first.start, `${place}.hot=${ENGINE}.hot(${id});`)
}

/** What runs at each start is as little as can be: V8 compiles it anew unless it stands outside of functions, and all of it is read, whether it runs or not. */
function tail(
  { format }: ParsedModule,
  codes: Code[],
  names: Names,
  { held, marked }: { held: boolean; marked: boolean },
): string {
  const slots = codes.map(({ slot }) => slot)
  const doors = codes.flatMap(code =>
    code.kind === 'class' && hasClassDoor(code) ? [names.classDoor(code.slot)] : [],
  )
  const variables = [...(marked ? [names.tell] : []), ...slots.map(names.slot), ...doors]
  const inside = format === 'module' ? 'import.meta' : 'module'
  const { value } = names
  return [
    '\n;',
    variables.length > 0 ? `var ${variables.join(',')};` : '',
    noteText(slots, names.note, names),
    followText(names),
    // `import.meta` is made when it is first asked for: in most modules by nobody.
    `${marked ? names.tell : tellText(names)}(${value}=>${value}?eval(${value}):${inside},${names.note});`,
    held ? `export{${names.defaultExport} as default};` : '',
  ].join('')
}

/**
 * Notes that a function runs; given a second argument, it sets the variable of a slot.
 *
 * @param id under which it is noted.
 */
export function noteText(slots: number[], id: string, { note, slot }: Names): string {
  const cases = slots.map(each => `case ${each}:${slot(each)}=v;break;`).join('')
  return `function ${note}(k,v){if(arguments.length<2)return ${ENGINE}.note(${JSON.stringify(id)},k,${note});switch(k){${cases}}}`
}

/** Calls or constructs a successor. */
export const followText = ({ follow }: Names): string =>
  `function ${follow}(f,t,a,n){return n===void 0?Reflect.apply(f,t,a):Reflect.construct(f,a,n)}`
