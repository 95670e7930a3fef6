import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHotProgram } from '../support/hot-program.ts'
import type { Format } from '../support/kept.ts'

interface Exported {
  name: string
  text(version: string): string
  /** Gives the version that runs, from `m`, what an import gives now, and `g`, where something can be kept. */
  see: string
}

const MODULE: Exported[] = [
  {
    name: 'function',
    text: v => `export default function f() { return '${v}' }`,
    see: '(g.f ??= m.default)()',
  },
  {
    name: 'function without a name',
    text: v => `export default function () { return '${v}' }`,
    see: '(g.f ??= m.default)()',
  },
  { name: 'arrow function', text: v => `export default () => '${v}'`, see: '(g.f ??= m.default)()' },
  {
    name: 'generator',
    text: v => `export default async function* () { yield '${v}' }`,
    see: '(await (g.f ??= m.default)().next()).value',
  },
  {
    name: 'class without a name',
    text: v =>
      `class B { m() { return 1 } }
      export default class extends B { constructor() { super(); this.v = '${v}' } m() { return super.m() && '${v}' } static make() { return new this() } }`,
    see: '(g.a ??= m.default.make(), g.a.m() === new m.default().v && g.a.m())',
  },
  { name: 'object', text: v => `export default { f() { return '${v}' } }`, see: '(g.f ??= m.default.f)()' },
  { name: 'renamed', text: v => `function f() { return '${v}' } export { f as g }`, see: '(g.f ??= m.g)()' },
]

const COMMONJS: Exported[] = [
  {
    name: 'module.exports, a function',
    text: v => `module.exports = function () { return '${v}' }; module.exports.helper = () => '${v}'`,
    see: '(g.f ??= m.default, g.f() === m.default.helper() && g.f())',
  },
  {
    name: 'module.exports, a class',
    text: v => `module.exports = class A { constructor() { this.v = '${v}' } m() { return '${v}' } }`,
    see: '(g.a ??= new m.default(), new m.default().v === g.a.m() && g.a.m())',
  },
  {
    name: 'module.exports, an instance',
    text: v => `class S { m() { return '${v}' } } module.exports = new S()`,
    see: '(g.a ??= m.default).m()',
  },
  {
    name: 'module.exports, something bound',
    text: v => `const o = { m() { return '${v}' } }; module.exports = { m: o.m.bind(o) }`,
    see: '(g.f ??= m.default.m)()',
  },
  {
    name: 'exports by name',
    text: v => `exports.f = function () { return '${v}' }; exports.g = () => exports.f()`,
    see: '(g.f ??= m.default.f, g.f() === m.default.g() && g.f())',
  },
  {
    name: 'classes by name',
    text: v =>
      `exports.A = class { m() { return '${v}' } }; exports.B = class B extends exports.A { m() { return super.m() === '${v}' && '${v}' } }`,
    see: '(g.a ??= new m.default.B()).m()',
  },
  {
    name: 'both names',
    text: v => `exports = module.exports = { f() { return '${v}' } }; exports.g = x => x`,
    see: '(g.f ??= m.default.f)()',
  },
  {
    name: 'accessors, as compilers write them',
    text: v =>
      `Object.defineProperty(exports, 'f', { enumerable: true, get: function () { return f } }); function f() { return '${v}' }`,
    see: '(g.f ??= m.default.f)()',
  },
]

for (const [type, kinds] of [
  ['module', MODULE],
  ['commonjs', COMMONJS],
] as [Format, Exported[]][]) {
  test(`${type}: what was taken from a module runs the code of each version`, async t => {
    const files = (v: string) => Object.fromEntries(kinds.map(({ text }, index) => [`m${index}.js`, text(v)]))
    const load = kinds.map((_, index) =>
      type === 'module' ? `import './m${index}.js'` : `require('./m${index}.js')`,
    )
    const program = await startHotProgram(t, { 'app.js': load.join('\n'), ...files('v1') }, { type })
    for (const [step, v] of ['v1', 'v2', 'v3', 'v1'].entries()) {
      if (step > 0) await program.upgrade(files(v))
      for (const [index, { name, see }] of kinds.entries()) {
        const code = `const m = await load('./m${index}.js'); const g = (globalThis.g${index} ??= {}); return ${see}`
        assert.equal(await program.run(code), v, name)
      }
    }
  })
}
