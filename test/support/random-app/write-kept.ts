import type { Item } from './model.ts'

/** How a value is written that is given to somebody while the module is evaluated, and how it is had back. */
interface KeptText {
  /** The first statement declares the name. */
  declaration(exported: string, value: string): string
  /** @param name how it is named where it is used. */
  use(name: string, given: string): string
}

/** A package that keeps it, a copy, a function that is made with it, and so on. */
export function keptText({ id, name, flavour }: Item): KeptText {
  const holds = (expression: string): KeptText => ({
    declaration: (exported, value) =>
      `${exported}const ${name} = ${expression.replace('VALUE', () => value)}`,
    use: used => `${used}.v`,
  })
  const calls = (expression: string): KeptText => ({
    ...holds(expression),
    use: (used, given) => `${used}(${given})`,
  })
  const key = `'k${id}'`
  switch (flavour) {
    case 'set':
      return {
        declaration: (exported, value) =>
          `${exported}const ${name} = { v: ${value} }\nkit.set(${key}, ${name})`,
        use: () => `kit.get(${key}).v`,
      }
    case 'setting':
      return {
        declaration: (exported, value) =>
          `${exported}const ${name} = kit.createApp()\n${name}.set('v', ${value})`,
        use: used => `${used}.setting('v')`,
      }
    case 'registered':
      return { ...holds(`{ v: register(${key}, VALUE) }`), use: () => `registered(${key})` }
    case 'pool':
      return { ...holds('new kit.Pool({ v: VALUE })'), use: used => `${used}.config.v` }
    case 'wrapped':
      return calls('kit.wrap((own => x => own + x)(VALUE))')
    case 'followed':
      return calls('kit.wrap(x => (VALUE) + x)')
    case 'bound':
      return calls('((own, x) => own.v + x).bind(null, { v: VALUE })')
    case 'boxed':
      return calls('(({ own }) => x => own + x)({ own: VALUE })')
    case 'tagged':
      return calls(`((_, own) => x => own + x)\`given \${VALUE}\``)
    case 'defaulted':
      return calls('(x, own = VALUE) => own + x')
    case 'listener':
      return {
        declaration: (exported, value) =>
          `${exported}const ${name} = own => x => own + x\nkit.on(${key}, ${name}(${value}))`,
        use: (_used, given) => `kit.emit(${key}, ${given})`,
      }
    case 'mixin':
      return {
        declaration: (exported, value) => `${exported}class ${name} extends kit.mixin(${value}) {}`,
        use: used => `new ${used}().v()`,
      }
    case 'spread':
      return {
        declaration: (exported, value) =>
          `const ${name}_base = { v: ${value} }\n${exported}const ${name} = { ...${name}_base }`,
        use: used => `${used}.v`,
      }
    case 'assigned':
      return holds('Object.assign({}, { v: VALUE })')
    case 'defined':
      return {
        declaration: (exported, value) =>
          `${exported}const ${name} = {}\nObject.defineProperty(${name}, 'v', { value: ${value} })`,
        use: used => `${used}.v`,
      }
    case 'frozen':
      return holds('Object.freeze({ v: VALUE })')
    case 'captured':
      return holds('(own => ({ get v() { return own } }))(VALUE)')
    case 'listed':
      return { ...holds('[{ v: VALUE }]'), use: used => `${used}.at(0).v` }
    case 'computed':
      return { ...holds("{ ['v' + (VALUE)]: 1 }"), use: used => `Number(Object.keys(${used})[0].slice(1))` }
    default:
      return {
        declaration: (exported, value) => `${exported}const { v: ${name} = ${value} } = {}`,
        use: used => used,
      }
  }
}
