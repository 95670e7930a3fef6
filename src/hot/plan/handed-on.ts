import type { AnyNode } from 'acorn'
import type { FunctionSyntax } from '../syntax/code.ts'
import { callsOf } from './calls-of.ts'
import { definitionOf } from './definition-of.ts'
import { type Destination, type Path, parameterAt, type Use } from './follow-value.ts'
import { usesOfParameter, usesOfResult } from './kept-uses.ts'
import { isFunction } from './text-index.ts'
import type { WorldModule } from './world.ts'

/** A use in some module of the application. */
export interface FarUse extends Use {
  module: WorldModule
}

export type UsersOf = (module: WorldModule) => Iterable<WorldModule>

/**
 * How something is used where it goes on: in the function of the application that it is given to, or by those who call the one that
 * returns it. `null` where it goes somewhere that the text does not tell, or to a package.
 */
export function usesBeyond(
  module: WorldModule,
  to: Destination,
  path: Path,
  usersOf: UsersOf,
): FarUse[] | null {
  return to.kind === 'argument'
    ? usesOfArgument(module, to, path)
    : usesByCallers(module, to.of, path, usersOf)
}

function usesOfArgument(
  from: WorldModule,
  { call, place }: Extract<Destination, { kind: 'argument' }>,
  path: Path,
): FarUse[] | null {
  const definition = definitionOf(from, call.callee)
  if (definition?.kind !== 'node') return null
  const { module, model } = definition
  const called = call.type === 'NewExpression' ? constructorOf(definition.node) : definition.node
  if (called === null || !isFunction(called)) return null
  const parameter = parameterAt(model, called, place)
  if (parameter === null) return null
  return parameter === 'none' ? [] : usesOfParameter(model, parameter, path).map(use => ({ ...use, module }))
}

/** The constructor of a class that says it itself. */
function constructorOf(node: AnyNode): AnyNode | null {
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return node
  const found = node.body.body.find(
    member => member.type === 'MethodDefinition' && member.kind === 'constructor',
  )
  return found?.type === 'MethodDefinition' ? found.value : null
}

function usesByCallers(
  module: WorldModule,
  called: FunctionSyntax,
  path: Path,
  usersOf: UsersOf,
): FarUse[] | null {
  const calls = callsOf(module, called, usersOf)
  if (calls === null) return null
  return calls.flatMap(({ module: user, call }) =>
    user.before === null ? [] : usesOfResult(user.before, call, path).map(use => ({ ...use, module: user })),
  )
}
