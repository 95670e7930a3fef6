import { libraryImport } from './library.ts'
import { type AppModel, fileOf, find, type Item, type ModuleModel } from './model.ts'
import { packageImport } from './package.ts'
import { itemText, used, type Writing, written } from './write-items.ts'
import { stateText } from './write-state.ts'

/** The same number for the same two. */
const mixed = (one: number, other: number) =>
  (Math.imul(one + 7, 2654435761) ^ Math.imul(other + 3, 40503)) >>> 4

/** The text of a module. */
export function moduleText(app: AppModel, module: ModuleModel, library: ModuleModel['format']): string {
  const imports = new Map<string, string>()
  const isModule = module.format === 'module'
  const writing: Writing = {
    item: id => find(app, id)?.item,
    access: id => {
      const found = find(app, id)
      if (!found) return '1'
      if (found.module === module) return ownName(module, found.item)
      const { text, statement, key } = isModule
        ? importing(app, module, found.module, found.item)
        : requiring(module, found.module, found.item)
      if (statement) imports.set(key, statement)
      return text
    },
  }
  const items = module.items.map(item => declared(module, item, writing))
  const functions = observed(module, writing)
  const exported = exportStatements(app, module)
  const body = [...items, functions, exported].join('\n')
  const head = [...imports.values()].join('\n')
  const around = packageImport(body, module.format) + libraryImport(body, module.format, library)
  return `${head}\n${around}${body}\n`
}

/** Constants of compiled CommonJS have no variable. */
const isCompiled = ({ format, style }: ModuleModel, { kind, isExported, flavour }: Item) =>
  format === 'commonjs' && style % 3 === 2 && kind === 'constant' && isExported && flavour === 'const'

const ownName = (module: ModuleModel, item: Item) =>
  isCompiled(module, item) ? `exports.${item.name}` : item.name

const isInline = ({ format, style }: ModuleModel) => format === 'module' && style % 2 === 0

function declared(module: ModuleModel, item: Item, writing: Writing): string {
  const { name, kind, isExported, parts } = item
  const isDefault = module.defaultItem === item.id && kind === 'function' && item.flavour === 'declaration'
  const exported = isDefault ? 'export default ' : isExported && isInline(module) ? 'export ' : ''
  let text: string
  if (isCompiled(module, item)) {
    const [part] = parts
    text = `exports.${name} = ${part ? written(part.value, writing) : 0}`
  } else if (kind === 'state') text = stateDeclaration(module, item, exported, writing)
  else text = itemText(item, exported, writing)
  const later =
    module.format === 'commonjs' && module.style % 3 !== 1 && isShown(item) && !isCompiled(module, item)
      ? `\nexports.${name} = ${name}`
      : ''
  return `${text}${later}`
}

/** What a number in CommonJS would only be copied from is not exported. */
const isShown = ({ isExported, kind, flavour }: Item) =>
  isExported && kind !== 'handler' && !(kind === 'state' && flavour === 'let')

function stateParts(module: ModuleModel, item: Item, exported: string, writing: Writing) {
  const value = (key: string) => {
    const part = item.parts.find(each => each.key === key)
    return part ? written(part.value, writing) : '1'
  }
  return stateText(item, exported, value('start'), value('step'), ownName(module, item))
}

function stateDeclaration(module: ModuleModel, item: Item, exported: string, writing: Writing): string {
  const { declaration, step } = stateParts(module, item, exported, writing)
  return `${declaration}\nfunction ${item.name}_step(x) {\n  ${step}\n}`
}

/** What the test looks at: what code gives, what state there is, and functions to be kept. */
function observed(module: ModuleModel, writing: Writing): string {
  const probes: string[] = []
  const states: string[] = []
  const kept: string[] = []
  for (const item of module.items) {
    const name = ownName(module, item)
    const { id, kind } = item
    if (kind === 'state') {
      const { snapshot, change } = stateParts(module, item, '', writing)
      states.push(`${id}: ${snapshot}`)
      probes.push(`${id}: ${change}`)
      continue
    }
    probes.push(`${id}: await ${used(item, name, ['3', '4'], writing)}`)
    for (const text of moreUses(item, name)) probes.push(text)
    if (kind === 'function' || kind === 'class' || kind === 'factory') kept.push(`${id}: ${name}`)
  }
  const exported = module.format === 'module' ? 'export ' : ''
  return [
    `${exported}async function probe() {\n  return {\n${probes.map(text => `    ${text},\n`).join('')}  }\n}`,
    `${exported}function state() {\n  return {\n${states.map(text => `    ${text},\n`).join('')}  }\n}`,
    `${exported}function kept() {\n  return { ${kept.join(', ')} }\n}`,
  ].join('\n')
}

function moreUses({ id, kind, parts, flavour }: Item, name: string): string[] {
  if (kind === 'pair') return [`'${id}y': ${name}_y`]
  if (kind === 'slice')
    return parts.map(({ key }, index) => {
      const text = {
        router: `${name}('${key}', 5)`,
        map: `${name}.get('${key}')`,
        array: `${name}[${index}]`,
      }[flavour]
      return `'${id} ${key}': ${text ?? `${name}.${key}`}`
    })
  if (kind === 'object')
    return parts.map(part => {
      const called = part.flavour === 'method' || part.flavour === 'arrow'
      return `'${id} ${part.key}': ${name}.${part.key}${called ? '(5)' : ''}`
    })
  if (kind !== 'class') return []
  return parts.map(part => {
    const at = part.flavour.startsWith('static') ? name : `new ${name}(6)`
    const called = ['method', 'static', 'private'].includes(part.flavour)
    return `'${id} ${part.key}': ${at}.${part.key}${called ? '(5)' : ''}`
  })
}

interface Access {
  text: string
  statement: string | null
  key: string
}

function importing(app: AppModel, module: ModuleModel, target: ModuleModel, item: Item): Access {
  const { name, id } = item
  const style = mixed(module.style, id) % 6
  const file = JSON.stringify(`./${fileOf(target)}`)
  const whole = `m${target.id}`
  const by = style === 5 ? passedOnBy(app, module, target, item) : null
  if (by !== null)
    return {
      text: `${name}_${by.through.id}`,
      statement: `import { ${by.name} as ${name}_${by.through.id} } from "./${fileOf(by.through)}"`,
      key: `through ${id}`,
    }
  if (target.defaultItem === id && style < 4 && target.format === 'module')
    return { text: `${name}_d`, statement: `import ${name}_d from ${file}`, key: `default ${id}` }
  switch (style) {
    case 0:
      return target.format === 'commonjs'
        ? { text: `${whole}d.${name}`, statement: `import ${whole}d from ${file}`, key: `d ${target.id}` }
        : { text: `${whole}.${name}`, statement: `import * as ${whole} from ${file}`, key: `m ${target.id}` }
    case 1:
      return {
        text: `${whole}.${name}`,
        statement: `import * as ${whole} from ${file}`,
        key: `m ${target.id}`,
      }
    case 2:
      return { text: `${name}_r`, statement: `import { ${name} as ${name}_r } from ${file}`, key: `r ${id}` }
    default:
      return { text: name, statement: `import { ${name} } from ${file}`, key: `n ${id}` }
  }
}

function passedOnBy(app: AppModel, module: ModuleModel, target: ModuleModel, { id, name }: Item) {
  for (const through of app.modules) {
    if (through === module || through.format === 'commonjs') continue
    const passed = through.passesOn.find(({ item }) => item === id)
    if (passed) return { through, name: passed.name }
    if (through.stars.includes(target.id)) return { through, name }
  }
  return null
}

function requiring(module: ModuleModel, target: ModuleModel, { name, id }: Item): Access {
  const file = `require("./${fileOf(target)}")`
  const whole = `m${target.id}`
  switch (mixed(module.style, id) % 4) {
    case 0:
      return { text: `${file}.${name}`, statement: null, key: '' }
    case 1:
      return { text: name, statement: `const { ${name} } = ${file}`, key: `n ${id}` }
    case 2:
      return { text: `${name}_r`, statement: `const { ${name}: ${name}_r } = ${file}`, key: `r ${id}` }
    default:
      return { text: `${whole}.${name}`, statement: `const ${whole} = ${file}`, key: `m ${target.id}` }
  }
}

function exportStatements(app: AppModel, module: ModuleModel): string {
  const { items, passesOn, stars, defaultItem, style } = module
  const shown = items.filter(isShown)
  const passed = passesOn.flatMap(({ item, name }) => {
    const found = find(app, item)
    return found && found.module !== module ? [{ ...found, name }] : []
  })
  if (module.format === 'commonjs') {
    const from = passed.map(each => ({
      name: each.name,
      text: `require("./${fileOf(each.module)}").${each.item.name}`,
    }))
    if (style % 3 !== 1)
      return [
        ...from.map(({ name, text }) => `exports.${name} = ${text}`),
        'exports.probe = probe\nexports.state = state\nexports.kept = kept',
      ].join('\n')
    const names = [...shown.map(({ name }) => name), ...from.map(({ name, text }) => `${name}: ${text}`)]
    return `module.exports = { ${[...names, 'probe', 'state', 'kept'].join(', ')} }`
  }
  const lists = passed.map(
    each => `export { ${each.item.name} as ${each.name} } from "./${fileOf(each.module)}"`,
  )
  const byId = app.modules.filter(({ id }) => stars.includes(id))
  const all = byId.filter(other => other !== module).map(other => `export * from "./${fileOf(other)}"`)
  const held = items.find(({ id }) => id === defaultItem)
  const isDeclared = held?.kind === 'function' && held.flavour === 'declaration'
  const standing = held && !isDeclared ? [`export default ${held.name}`] : []
  const named = (isInline(module) ? [] : shown).concat(isDeclared ? [held] : [])
  const own = named.map(({ name }) => name)
  const list = own.length === 0 ? [] : [`export { ${[...new Set(own)].join(', ')} }`]
  return [...lists, ...all, ...standing, ...list].join('\n')
}

/** What of its exports the test looks at from outside. */
export function lookedAt(module: ModuleModel): { id: number; name: string; kind: 'function' | 'constant' }[] {
  return module.items.flatMap(({ id, name, kind, isExported, flavour }) =>
    isExported && (kind === 'constant' || (kind === 'function' && flavour !== 'generator'))
      ? [{ id, name, kind }]
      : [],
  )
}
