import type { AnyNode, CallExpression, Expression, ObjectExpression } from 'acorn'
import { walk } from '../syntax/parse.ts'
import type { Model } from './model.ts'

/** What defines stateful processes, and where it comes from. */
const DEFINE = 'defineProcess'
const PACKAGE = 'beam-deploy/process'

/** A definition of a stateful process, as far as the text tells. */
export interface DefinitionSyntax {
  node: CallExpression
  /** `null` where it is no literal. */
  name: string | null
  version: string | null
  /** What stands for the version, where it is no literal. */
  versionFrom: AnyNode | null
}

const definitionsByModel = new WeakMap<Model, DefinitionSyntax[]>()

/** Every call of `defineProcess` in a module, in the order of the text. */
export function definitionsIn(model: Model): DefinitionSyntax[] {
  let definitions = definitionsByModel.get(model)
  if (!definitions) {
    definitions = []
    // Most modules define none.
    if (model.text.includes(PACKAGE)) collect(model, definitions)
    definitionsByModel.set(model, definitions)
  }
  return definitions
}

function collect(model: Model, definitions: DefinitionSyntax[]): void {
  walk(model.parsed.program, node => {
    if (node.type === 'CallExpression' && isDefine(node.callee, model)) definitions.push(definitionIn(node))
    return true
  })
}

/** `defineProcess`, under whatever name it is imported, `process_1.defineProcess`, and `(0, process_1.defineProcess)`. */
function isDefine(callee: CallExpression['callee'], model: Model): boolean {
  switch (callee.type) {
    case 'Identifier': {
      const imported = model.imports.get(callee.name)
      return imported ? imported.request === PACKAGE && imported.name === DEFINE : callee.name === DEFINE
    }
    case 'MemberExpression':
      return callee.property.type === 'Identifier' && callee.property.name === DEFINE
    case 'SequenceExpression': {
      const last = callee.expressions.at(-1)
      return last !== undefined && isDefine(last, model)
    }
    case 'ParenthesizedExpression':
      return isDefine(callee.expression, model)
    default:
      return false
  }
}

function definitionIn(node: CallExpression): DefinitionSyntax {
  const version = optionOf(node, 'version')
  return {
    node,
    name: textOf(optionOf(node, 'name')),
    version: textOf(version),
    versionFrom: version,
  }
}

/** What an option of a definition is set to: `version` of `defineProcess({ version: … })`. */
export function optionOf({ arguments: [given] }: CallExpression, key: string): Expression | null {
  if (given?.type !== 'ObjectExpression') return null
  return propertyOf(given, key)
}

function propertyOf({ properties }: ObjectExpression, key: string): Expression | null {
  for (const property of properties) {
    if (property.type !== 'Property' || property.computed || property.key.type !== 'Identifier') continue
    if (property.key.name === key) return property.value
  }
  return null
}

/** A text that is written down; `null` for any other expression. */
export function textOf(node: AnyNode | null | undefined): string | null {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? null
  return null
}
