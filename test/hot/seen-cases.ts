/** A program that prints what it sees. */
export interface SeenCase {
  files: Record<string, string>
  entry?: string
  execArgv?: string[]
  type?: 'module' | 'commonjs'
}

const THROWERS = `
Error.stackTraceLimit = 30
class Field { value = fail(); static make() { return new Field() } }
class Own extends Object { constructor(a, b = a) { super(); fail() } get it() { return fail() } async wait() { await null; fail() } }
class Sub extends Own {}
class Deep extends Sub {}
class Deeper extends Deep { constructor() { super() } }
class Fields extends Deep { a = 1 }
class Makes extends Object { constructor() { super(); new Deep() } }
function fail() { throw new Error('seen') }
const arrow = (a, { b } = {}) => fail()
function* generate(a = 1) { yield 1; fail() }
async function later(a, ...rest) { await null; return arrow(a) }
const object = { method(a = 2) { return fail() }, get got() { return fail() }, ['computed' + 1]: () => fail() }
const seen = []
const see = call => { try { call() } catch (error) { seen.push(error.stack) } }
see(() => Field.make()); see(() => new Sub()); see(() => new Deep()); see(() => new Deeper()); see(() => new Fields()); see(() => new Makes()); see(() => arrow()); see(() => [...generate()])
see(() => object.method()); see(() => object.got); see(() => object.computed1()); see(() => [1].map(function named() { return fail() }))
see(() => eval('fail()')); see(() => new Function('call', 'call()')(fail)); see(() => JSON.parse('{', 1))
see(function () { 'use strict'
  return fail() })
const wait = later(1).catch(error => seen.push(error.stack)).then(() => Promise.all([later(2)])).catch(error => seen.push(error.stack))
`

const SITES = `
Error.prepareStackTrace = (error, sites) => sites.filter(site => String(site.getFileName()).includes('app')).map(site => [
  site.getFunctionName(), site.getLineNumber(), site.getColumnNumber(), site.getTypeName(), site.getMethodName(), site.isAsync(), site.isConstructor(),
  site.isEval(), site.isToplevel(), site.getEvalOrigin() === undefined, String(site), typeof site.getFunction(),
].join())
`

export const SEEN: Record<string, SeenCase> = {
  'stack traces of ES modules': {
    files: { 'app.js': `${THROWERS}; await wait; console.log(seen.join('\\n'))` },
  },
  'stack traces of CommonJS': {
    type: 'commonjs',
    files: { 'app.js': `${THROWERS}; wait.then(() => console.log(seen.join('\\n')))` },
  },
  'stack traces of TypeScript': {
    files: {
      'app.mts': `import { fail } from './lib.cts'
        interface Named { name: string }
        const call = (given: Named, more?: number): string => fail<Named>(given)
        try { call({ name: 'a' }) } catch (error) { console.log((error as Error).stack) }`,
      'lib.cts': `type Any = unknown; exports.fail = function fail<T>(given: T): never { throw new Error(String(given)) }`,
    },
    entry: 'app.mts',
  },
  'call sites given to Error.prepareStackTrace': {
    files: { 'app.js': `${SITES}${THROWERS}; await wait; console.log(seen.map(String).join('\\n'))` },
  },
  'Error.prepareStackTrace set for a moment': {
    files: {
      'app.js': `
        function sites() { const before = Error.prepareStackTrace; Error.prepareStackTrace = (_, all) => all; const { stack } = new Error(); Error.prepareStackTrace = before; return stack }
        const call = (a) => sites().map(site => site.getLineNumber() + ':' + site.getColumnNumber()).slice(0, 3)
        console.log(call(), new Error('after').stack, Error.stackTraceLimit, Object.keys(Error))
        Error.prepareStackTrace = undefined
        console.log((() => new Error('none').stack)())`,
    },
  },
  'Error.captureStackTrace and its limit': {
    files: {
      'app.js': `
        function outer(a) { return inner() }
        function inner() { const target = {}; Error.captureStackTrace(target, inner); return target.stack }
        console.log(outer()); Error.stackTraceLimit = 1; console.log(outer(), (() => new Error().stack)())`,
    },
  },
  'an error that nobody catches': {
    files: {
      'app.js': `console.log('before')\nconst fail = () => {\n  throw new Error('uncaught')\n}\nfail()`,
    },
  },
  'syntax errors, where they are found': {
    files: {
      'app.js': `
        for (const file of ['./broken.js', './broken.cjs', './broken-link.js', './broken.mts'])
          await import(file).catch(error => console.log(error.name, error.message, error.stack.split('\\n    at ')[0]))`,
      'broken.js': `const a = 1\nconst a = 2`,
      'broken.cjs': `function f() {\n  return )\n}`,
      'broken-link.js': `export * from './none.js'`,
      'broken.mts': `enum A { B }`,
    },
  },
  'functions: names, lengths and what they are': {
    files: {
      'app.js': `
        const describe = (f) => [f.name, f.length, Object.getOwnPropertyNames(f).sort().join(), Object.prototype.toString.call(f), 'prototype' in f]
        export default (a, b = 1, c) => a
        import own from './app.js'
        const { x = () => 1, ...rest } = {}
        class A { static #p(a) {} m(a, [b]) {} static s = function () {}; get g() { return 1 } set g(v) {} async *ag(a, b) {} [Symbol.iterator]() {} static all() { return [this.#p, A.prototype.m, A.s, Object.getOwnPropertyDescriptor(A.prototype, 'g').set, A.prototype.ag, A.prototype[Symbol.iterator]] } }
        const anonymous = class { constructor(a, b) {} }
        console.log([own, x, A, anonymous, ...A.all(), async (a) => 1, function* g(a, ...b) {}, (0, function () {}), Object.assign(function ({ a }, b) {}, {})].map(describe))
        console.log(Object.getOwnPropertyNames(A), Object.getOwnPropertyNames(A.prototype), Object.getOwnPropertyNames(new anonymous()))`,
    },
  },
}
