import type { Format } from './model.ts'

const NAMES = ['createRouter', 'show', 'memo', 'on', 'fire', 'put', 'register', 'registered'] as const

/** What every generated application has beside its generated modules: a router, a registry of handlers, and helpers. */
const BODY = `
const handlers = new Map()
function createRouter() {
  const routes = new Map()
  const router = (path, given) => routes.get(path)(given)
  router.get = (path, handler) => {
    routes.set(path, handler)
    return router
  }
  return router
}
const show = (object, given) => object.run(given)
const memo = wrapped => (...given) => wrapped(...given)
function on(event, handler) {
  handlers.set(event, handler)
}
const fire = (event, given) => handlers.get(event)(given)
const registry = new Map()
function register(key, value) {
  if (!registry.has(key)) registry.set(key, [])
  registry.get(key).push(value)
  return value
}
const registered = key => registry.get(key).reduce((sum, each) => sum + each, 0)
function put(map, key, value) {
  map.set(key, value)
}
`

export const libraryFile = (format: Format) => `lib.${format === 'module' ? 'mjs' : 'cjs'}`

export const libraryText = (format: Format) =>
  format === 'module'
    ? `${BODY}export { ${NAMES.join(', ')} }\n`
    : `${BODY}module.exports = { ${NAMES.join(', ')} }\n`

/** Has a module know the helpers that its text uses. */
export function libraryImport(text: string, format: Format, library: Format): string {
  const used = NAMES.filter(name => new RegExp(`(?<![.\\w])${name}\\(`).test(text))
  if (used.length === 0) return ''
  const names = `{ ${used.join(', ')} }`
  const file = JSON.stringify(`./${libraryFile(library)}`)
  return format === 'module' ? `import ${names} from ${file}\n` : `const ${names} = require(${file})\n`
}
