import { countedIn } from '../instrument/move-parameters.ts'
import type { ClassCode, FunctionCode } from '../syntax/code.ts'
import type { Arity, Assembling } from './assembly.ts'

/** What a function has as its `length`. */
export const lengthOf = (code: FunctionCode): number => countedIn(code).length

const lengthOfClass = ({ constructorCode }: ClassCode) =>
  constructorCode ? countedIn(constructorCode).length : 0

/** Functions and classes that live and go on with code that takes another number of parameters. */
export function otherArities({ module, difference }: Assembling): Arity[] {
  const arities: Arity[] = []
  const add = (texts: { marker(): string }[], length: number) => {
    for (const text of texts) arities.push({ marker: text.marker(), length })
  }
  for (const { before, after } of difference.functions)
    if (lengthOf(before.code) !== lengthOf(after.code))
      add(module.recordOf(before.code.slot).targets, lengthOf(after.code))
  for (const { before, after } of difference.constructors)
    if (lengthOfClass(before.of) !== lengthOfClass(after.of))
      add(module.classOf(before.of.slot).texts, lengthOfClass(after.of))
  return arities
}
