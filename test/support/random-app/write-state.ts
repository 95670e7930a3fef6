import type { Item } from './model.ts'

/** How a variable with state is written, changed, and looked at. */
interface StateText {
  declaration: string
  /** The body of the function that changes it; `x` is its parameter. */
  step: string
  /** All that it holds. */
  snapshot: string
  /** Changes it, and gives what that was: it does not depend on what it held before. */
  change: string
}

const number = (held: string, name: string): Pick<StateText, 'snapshot' | 'change'> => ({
  snapshot: held,
  change: `(() => {\n    const before = ${held}\n    ${name}_step(2)\n    return ${held} - before\n  })()`,
})

const map = (held: string, name: string): Pick<StateText, 'snapshot' | 'change'> => ({
  snapshot: `[...${held}]`,
  change: `(() => {\n    const key = 'k' + ${held}.size\n    ${name}_step(2)\n    return ${held}.get(key)\n  })()`,
})

/** What a function has made, and is reached by way of what was made with it at the start. */
function made(name: string, flavour: string, exported: string, start: string, by: string): StateText {
  const held = `const ${name}_make = n => ({ n })\n${exported}const ${name} = ${name}_make(${start})`
  const add = `const ${name}_add = (own, by) => {\n  own.n += by\n}`
  const text = (declaration: string, step: string) => ({
    declaration: `${held}\n${declaration}`,
    step,
    ...number(`${name}.n`, name),
  })
  switch (flavour) {
    case 'bound':
      return text(`${add}\nconst ${name}_bound = ${name}_add.bind(null, ${name})`, `${name}_bound(${by})`)
    case 'bound-this':
      return text(
        `function ${name}_add(by) {\n  this.n += by\n}\nconst ${name}_bound = ${name}_add.bind(${name})`,
        `${name}_bound(${by})`,
      )
    case 'boxed':
      return text(
        `const ${name}_boxed = (({ own }) => by => {\n  own.n += by\n})({ own: ${name} })`,
        `${name}_boxed(${by})`,
      )
    case 'given':
      return text(`kit.set('${name}', ${name})`, `kit.get('${name}').n += ${by}`)
    default:
      return text(`${add}\nkit.on('${name}', ${name}_add.bind(null, ${name}))`, `kit.emit('${name}', ${by})`)
  }
}
/** @param start what it begins with; @param by by how much it changes. */
export function stateText(
  { name, flavour }: Item,
  exported: string,
  start: string,
  by: string,
  access: string,
): StateText {
  const filled = `new Map([['start', ${start}]])`
  const key = (held: string) => `'k' + ${held}.size`
  switch (flavour) {
    case 'map':
      return {
        declaration: `${exported}const ${name} = ${filled}`,
        step: `${name}.set(${key(name)}, ${by})`,
        ...map(name, name),
      }
    case 'passed':
      return {
        declaration: `${exported}const ${name} = ${filled}`,
        step: `put(${name}, ${key(name)}, ${by})`,
        ...map(name, name),
      }
    case 'returned':
      return {
        declaration: `${exported}const ${name} = ${filled}\nconst ${name}_all = () => ${name}`,
        step: `${name}_all().set(${key(name)}, ${by})`,
        ...map(name, name),
      }
    case 'aliased':
      return {
        declaration: `${exported}const ${name} = ${filled}\nconst ${name}_too = ${name}`,
        step: `${name}_too.set(${key(name)}, ${by})`,
        ...map(name, name),
      }
    case 'local':
      return {
        declaration: `${exported}const ${name} = ${filled}`,
        step: `const all = ${name}\n  all.set(${key('all')}, ${by})`,
        ...map(name, name),
      }
    case 'held':
      return {
        declaration: `${exported}const ${name} = { inner: ${filled} }`,
        step: `${name}.inner.set(${key(`${name}.inner`)}, ${by})`,
        ...map(`${name}.inner`, name),
      }
    case 'array':
      return {
        declaration: `${exported}const ${name} = [${start}]`,
        step: `${name}.push(${by})`,
        snapshot: `[...${name}]`,
        change: `(${name}_step(2), ${name}.at(-1))`,
      }
    case 'object':
      return {
        declaration: `${exported}const ${name} = { start: ${start} }`,
        step: `${name}['k' + Object.keys(${name}).length] = ${by}`,
        snapshot: `{ ...${name} }`,
        change: `(${name}_step(2), ${name}['k' + (Object.keys(${name}).length - 1)])`,
      }
    case 'closure':
      return {
        declaration:
          `const ${name}_make = () => {\n  let n = ${start}\n` +
          `  return {\n    step: x => {\n      n += ${by}\n    },\n    get: () => n,\n  }\n}\n` +
          `${exported}const ${name} = ${name}_make()`,
        step: `${name}.step(x)`,
        ...number(`${name}.get()`, name),
      }
    case 'static':
      return {
        declaration: `${exported}class ${name} {\n  static n = ${start}\n  static step(x) {\n    ${name}.n += ${by}\n  }\n}`,
        step: `${name}.step(x)`,
        ...number(`${name}.n`, name),
      }
    case 'instance':
      return {
        declaration:
          `class ${name}_Class {\n  n = ${start}\n  step(x) {\n    this.n += ${by}\n  }\n}\n` +
          `${exported}const ${name} = new ${name}_Class()`,
        step: `${name}.step(x)`,
        ...number(`${name}.n`, name),
      }
    case 'bound':
    case 'bound-this':
    case 'boxed':
    case 'given':
    case 'listener':
      return made(name, flavour, exported, start, by)
    case 'counter':
      return {
        declaration: `${exported}const ${name} = kit.counter(${start})`,
        step: `${name}(${by})`,
        ...number(`${name}(0)`, name),
      }
    case 'pooled':
      return {
        declaration: `${exported}const ${name} = new kit.Counter(${start})`,
        step: `${name}.add(${by})`,
        ...number(`${name}.n`, name),
      }
    default:
      return {
        declaration: `${exported}let ${name} = ${start}`,
        step: `${access} += ${by}`,
        ...number(access, name),
      }
  }
}
