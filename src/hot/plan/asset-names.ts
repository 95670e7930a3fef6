import type { Model, Piece } from '../model/model.ts'
import { walk } from '../syntax/parse.ts'
import { declarationOf } from './find-units.ts'
import { readsOf, standsIn } from './reads.ts'

/** Code that reads files, or knows where it stands, has one of these in it. */
const READS_FILES =
  /\b(?:readFile|readdir|createReadStream|static|serveStatic|__dirname|__filename)|import\.meta\.(?:url|dirname|filename)/

/** Whether a text may read files of its release; cheap, and right when it says no. */
export const mayReadFiles = (text: string): boolean => READS_FILES.test(text)

/**
 * What could be a path in a piece, where it is about files; also by way of variables of the module.
 *
 * @param ranReader whether it has run a function that may read files: it may have passed a path to that.
 */
export function assetNamesIn(model: Model, piece: Piece, ranReader: boolean): string[] {
  const around = [piece, ...variablesOf(model, piece, new Set())]
  const isAboutFiles =
    ranReader ||
    around.some(each => each.ranges.some(({ start, end }) => mayReadFiles(model.text.slice(start, end))))
  return isAboutFiles ? around.flatMap(each => namesIn(model, each)) : []
}

/** The declarations of what a piece reads, and of what those read. */
function variablesOf(model: Model, piece: Piece, seen: Set<Piece>): Piece[] {
  return readsOf(model, piece).flatMap(read => {
    const declaration = read.of === 'variable' ? declarationOf(model, read.name) : null
    if (declaration === null || seen.has(declaration)) return []
    seen.add(declaration)
    return [declaration, ...variablesOf(model, declaration, seen)]
  })
}

function namesIn(model: Model, piece: Piece): string[] {
  const names: string[] = []
  const isOwn = standsIn(piece)
  const add = (text: string, follows: boolean) => {
    const name = follows ? text.replace(/^[\\/]+/, '') : text
    if (name !== '' && !/^[\\/]|\0/.test(name)) names.push(name)
  }
  walk(model.parsed.program, (node, parent) => {
    if (!piece.ranges.some(({ start, end }) => node.start < end && node.end > start)) return false
    if (!isOwn(node.start)) return true
    // What is put behind a folder begins with a slash.
    if (node.type === 'Literal' && typeof node.value === 'string')
      add(node.value, parent?.type === 'BinaryExpression')
    else if (node.type === 'TemplateElement') add(node.value.cooked ?? '', true)
    return true
  })
  return names
}
