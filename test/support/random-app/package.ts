import type { Files } from '../hot-program.ts'

/** What every generated application has in its `node_modules`: a package that keeps what it is given. */
const BODY = `
const kept = new Map()
const listeners = new Map()
exports.set = (key, value) => void kept.set(key, value)
exports.get = key => kept.get(key)
exports.on = (event, listener) => void listeners.set(event, listener)
exports.emit = (event, ...given) => listeners.get(event)(...given)
exports.wrap = wrapped => (...given) => wrapped(...given)
exports.mixin = v => class { v() { return v } }
exports.counter = start => { let n = start; return by => (n += by) }
exports.Counter = class { constructor(start) { this.n = start } add(by) { this.n += by } }
exports.Pool = class { constructor(config) { this.config = config } }
exports.createApp = () => {
  const settings = new Map()
  return { set: (key, value) => void settings.set(key, value), setting: key => settings.get(key) }
}
`

export const packageFiles: Files = {
  'node_modules/kit/package.json': JSON.stringify({ name: 'kit', version: '1.0.0', main: 'index.js' }),
  'node_modules/kit/index.js': BODY,
}

/** Has a module know the package, if its text uses it. */
export function packageImport(text: string, format: 'module' | 'commonjs'): string {
  if (!text.includes('kit.')) return ''
  return format === 'module' ? `import kit from 'kit'\n` : `const kit = require('kit')\n`
}
