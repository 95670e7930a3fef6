import type { AnyNode } from 'acorn'
import { exportOf, WHOLE } from '../model/exports.ts'

/** At the top of a module, and in a function that is called on what the module exports: `exports.add = function () { this.n += 1 }`. */
export function isExportsByThis(parents: AnyNode[]): boolean {
  const index = parents.findLastIndex(hasOwnThis)
  if (index < 0) return true
  const [object, above, around] = [parents[index - 2], parents[index - 1], parents[index]]
  if (around?.type !== 'FunctionExpression') return false
  // Where something else is exported as a whole, who calls its methods is looked at.
  if (above?.type === 'AssignmentExpression')
    return /^[a-z_$]/.test(exportOf(above.left) ?? '') && !exportsWhole(parents[0])
  const whole = parents[index - 3]
  return (
    above?.type === 'Property' &&
    object?.type === 'ObjectExpression' &&
    whole?.type === 'AssignmentExpression' &&
    exportOf(whole.left) === WHOLE
  )
}

function exportsWhole(program: AnyNode | undefined): boolean {
  if (program?.type !== 'Program') return false
  return program.body.some(
    statement =>
      statement.type === 'ExpressionStatement' &&
      statement.expression.type === 'AssignmentExpression' &&
      exportOf(statement.expression.left) === WHOLE,
  )
}

/** Whether `this` inside of it is another one than outside. */
export function hasOwnThis({ type }: AnyNode): boolean {
  return (
    type === 'FunctionDeclaration' ||
    type === 'FunctionExpression' ||
    type === 'PropertyDefinition' ||
    type === 'StaticBlock'
  )
}
