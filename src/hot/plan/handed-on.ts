import type { AnyNode } from 'acorn'
import { propertyName } from '../model/exports.ts'
import type { FunctionSyntax } from '../syntax/code.ts'
import { callsOf, type UsersOf } from './calls-of.ts'
import { definitionOf } from './definition-of.ts'
import { parameterAt } from './follow-argument.ts'
import type { Way } from './follow-path.ts'
import type { Argument, Destination, Use } from './following.ts'
import { usesOfParameter, usesOfResult, usesOfThis } from './kept-uses.ts'
import { requireOf } from './requires.ts'
import { indexOf, isFunction } from './text-index.ts'
import type { WorldModule } from './world.ts'

/** A use in some module of the application. */
export interface FarUse extends Use {
  module: WorldModule
  /** The function that was given it where it was called, if one was. */
  given: FunctionSyntax | null
}

/**
 * How something is used where it goes on: in the function of the application that it is given to, or by those who call the one that
 * returns it. `null` where it goes somewhere that the text does not tell, or to a package.
 */
export function usesBeyond(
  module: WorldModule,
  to: Destination,
  path: Way,
  usersOf: UsersOf,
): FarUse[] | null {
  return to.kind === 'argument'
    ? usesOfArgument(module, to, path)
    : usesByCallers(module, to.of, path, usersOf)
}

function usesOfArgument(from: WorldModule, { callee, place, how }: Argument, path: Way): FarUse[] | null {
  if (isLooker(from, callee)) return []
  const definition = definitionOf(from, callee)
  if (definition?.kind !== 'node') return null
  const { module, model } = definition
  const called = how === 'constructed' ? constructorOf(definition.node) : definition.node
  if (called === null || !isFunction(called)) return null
  const given = how === 'later' ? null : called
  if (place === 'this') return usesOfThis(model, called, path).map(use => ({ ...use, module, given }))
  const parameter = parameterAt(model, called, place)
  if (parameter === null) return null
  return parameter === 'none'
    ? []
    : usesOfParameter(model, parameter, path).map(use => ({ ...use, module, given }))
}

/** Modules of Node.js whose functions write into nothing that they are given, and the exceptions. */
const LOOKERS = /^(node:)?(fs|fs\/promises|path|url|util|assert|assert\/strict)$/
const WRITERS = new Set('read readSync readv readvSync inherits deprecate promisify callbackify'.split(' '))

/** `fs.readFileSync`. */
function isLooker({ before }: WorldModule, callee: AnyNode): boolean {
  const root = callee.type === 'MemberExpression' ? callee.object : callee
  if (before === null || root.type !== 'Identifier') return false
  if (indexOf(before).variables.get(root.start)?.scope !== before.parsed.scope) return false
  const imported = before.imports.get(root.name)
  const request = imported?.request ?? requireOf(before, root.name)?.request
  const name = callee.type === 'MemberExpression' ? propertyName(callee) : imported?.name
  return request !== undefined && LOOKERS.test(request) && !!name && !WRITERS.has(name)
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
  path: Way,
  usersOf: UsersOf,
): FarUse[] | null {
  const calls = callsOf(module, called, usersOf)
  if (calls === null) return null
  return calls.flatMap(({ module: user, call }) =>
    user.before === null
      ? []
      : usesOfResult(user.before, call, path).map(use => ({ ...use, module: user, given: null })),
  )
}
