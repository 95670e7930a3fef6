import type { Expression, Item, Part } from './model.ts'
import { keptText } from './write-kept.ts'

/** How a module writes what it names. */
export interface Writing {
  /** An item, wherever it stands. */
  access(id: number): string
  item(id: number): Item | undefined
}

const ZERO: Expression = { kind: 'number', value: 0 }

export function written(expression: Expression, writing: Writing): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value)
    case 'local':
      return expression.name
    case 'use': {
      const item = writing.item(expression.id)
      if (!item) return '1'
      return used(
        item,
        writing.access(expression.id),
        expression.given.map(each => written(each, writing)),
        writing,
      )
    }
    case 'binary': {
      const { operator, left, right } = expression
      const text = `(${written(left, writing)} ${operator} ${written(right, writing)})`
      return operator === '*' ? `(${text} % 1009)` : text
    }
    default: {
      const unreachable: never = expression
      throw new Error(`unknown expression ${JSON.stringify(unreachable)}`)
    }
  }
}

/** An expression that gives the number that an item stands for. */
export function used(item: Item, name: string, [one = '1', other = '2']: string[], writing: Writing): string {
  switch (item.kind) {
    case 'function':
      return item.flavour === 'generator' ? `[...${name}(${one}, ${other})][0]` : `${name}(${one}, ${other})`
    case 'class':
      return `new ${name}(${one}).run(${other})`
    case 'factory':
      return item.flavour === 'object' ? `${name}(${one}).go(${other})` : `${name}(${one})(${other})`
    case 'made': {
      const factory = item.of === null ? undefined : writing.item(item.of)
      return factory?.flavour === 'object' ? `${name}.go(${one})` : `${name}(${one})`
    }
    case 'instance':
      return item.flavour === 'shown' ? `show(${name}, ${one})` : `${name}.run(${one})`
    case 'object':
      return `(${name}.v + ${name}.go(${one}))`
    case 'bound':
      return `${name}(${one})`
    case 'slice':
      return sliceUse(item, name, one)
    case 'kept':
      return keptText(item).use(name, one)
    case 'handler':
      return `fire('h${item.id}', ${one})`
    default:
      return name
  }
}

function sliceUse({ flavour }: Item, name: string, given: string): string {
  switch (flavour) {
    case 'router':
      return `${name}('first', ${given})`
    case 'map':
      return `${name}.get('first')`
    case 'array':
      return `${name}[0]`
    default:
      return `${name}.first`
  }
}

const expressionOf = ({ parts }: Item, key: string) => parts.find(part => part.key === key)?.value ?? ZERO

/** The statements that an item consists of; the first declares its name. `exported` is put before declarations. */
export function itemText(item: Item, exported: string, writing: Writing): string {
  const { name, flavour, parts } = item
  const value = (key: string) => written(expressionOf(item, key), writing)
  const of = item.of === null ? '1' : writing.access(item.of)
  switch (item.kind) {
    case 'constant':
      return `${exported}${flavour} ${name} = ${value('value')}`
    case 'pair':
      return `${exported}const { x: ${name}, y: ${name}_y } = { x: ${value('x')}, y: ${value('y')} }`
    case 'function':
      return functionText(item, exported, value('body'))
    case 'class':
      return classText(item, exported, item.of === null ? null : of, writing)
    case 'factory':
      return `${exported}function ${name}(k) {\n  const j = ${value('body')}\n  ${inner(item, value('inner'))}\n}`
    case 'made':
      return `${exported}const ${name} = ${of}(${value('given')})`
    case 'instance':
      return `${exported}const ${name} = new ${of}(${value('given')})`
    case 'object':
      return `${exported}const ${name} = {\n${parts.map(part => `  ${property(part, writing)},\n`).join('')}}`
    case 'bound':
      return `${exported}const ${name} = ${of}.bind(null, ${value('given')})`
    case 'slice':
      return sliceText(item, exported, writing)
    case 'kept':
      return keptText(item).declaration(exported, value('value'))
    case 'handler':
      return item.of === null ? `on('h${item.id}', x => ${value('body')})` : `on('h${item.id}', ${of})`
    default:
      return ''
  }
}

function functionText({ name, flavour }: Item, exported: string, body: string): string {
  switch (flavour) {
    case 'arrow':
      return `${exported}const ${name} = (a, b) => ${body}`
    case 'block':
      return `${exported}const ${name} = (a, b = 2) => {\n  return ${body}\n}`
    case 'expression':
      return `${exported}const ${name} = function (a, b) {\n  return ${body}\n}`
    case 'rest':
      return `${exported}function ${name}(a, ...[b = 3]) {\n  return ${body}\n}`
    case 'arguments':
      return `${exported}function ${name}() {\n  const [a, b] = arguments\n  return ${body}\n}`
    case 'generator':
      return `${exported}function* ${name}(a, b) {\n  yield ${body}\n}`
    case 'async':
      return `${exported}async function ${name}(a, b) {\n  return ${body}\n}`
    case 'memo':
      return `${exported}const ${name} = memo((a, b) => ${body})`
    default:
      return `${exported}function ${name}(a, b) {\n  return ${body}\n}`
  }
}

function inner({ flavour }: Item, body: string): string {
  switch (flavour) {
    case 'object':
      return `return { go: x => ${body} }`
    case 'named':
      return `function given(x) {\n    return ${body}\n  }\n  return given`
    case 'counting':
      return `let calls = 0\n  return x => {\n    calls += 1\n    return ${body}\n  }`
    default:
      return `return x => ${body}`
  }
}

function classText({ name, parts }: Item, exported: string, parent: string | null, writing: Writing): string {
  const members = parts.map(({ key, flavour, value }) => {
    const body = written(value, writing)
    switch (flavour) {
      case 'field':
        return `${key} = ${body}`
      case 'constructor':
        return `constructor(a) {\n    ${parent ? 'super(a)\n    ' : ''}this.${key} = ${body}\n  }`
      case 'static':
        return `static ${key}(x) {\n    return ${body}\n  }`
      case 'static-field':
        return `static ${key} = ${body}`
      case 'getter':
        return `get ${key}() {\n    return ${body}\n  }`
      case 'private':
        return `#${key} = 1\n  ${key}() {\n    return this.#${key} + ${body}\n  }`
      default:
        return `${key}(x) {\n    return ${body}\n  }`
    }
  })
  return `${exported}class ${name}${parent ? ` extends ${parent}` : ''} {\n  ${members.join('\n  ')}\n}`
}

function property({ key, flavour, value }: Part, writing: Writing): string {
  const body = written(value, writing)
  switch (flavour) {
    case 'method':
      return `${key}(x) {\n    return ${body}\n  }`
    case 'arrow':
      return `${key}: x => ${body}`
    case 'getter':
      return `get ${key}() {\n    return ${body}\n  }`
    default:
      return `${key}: ${body}`
  }
}

function sliceText({ name, flavour, parts }: Item, exported: string, writing: Writing): string {
  const add = ({ key, value }: Part) => {
    const body = written(value, writing)
    switch (flavour) {
      case 'router':
        return `${name}.get('${key}', x => ${body})`
      case 'map':
        return `${name}.set('${key}', ${body})`
      case 'array':
        return `${name}.push(${body})`
      default:
        return `${name}.${key} = ${body}`
    }
  }
  const empty = { router: 'createRouter()', map: 'new Map()', array: '[]' }[flavour] ?? '{}'
  return [`${exported}const ${name} = ${empty}`, ...parts.map(add)].join('\n')
}
