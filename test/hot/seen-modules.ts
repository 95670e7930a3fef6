import { transformSync } from 'esbuild'
import type { SeenCase } from './seen-cases.ts'

/** What `tsc` or a bundler leaves: compiled code with the map to its source at its end. */
function compiled(source: string, format: 'esm' | 'cjs'): string {
  return transformSync(source, {
    loader: 'ts',
    format,
    sourcemap: 'inline',
    sourcefile: 'original.ts',
    minifyWhitespace: true,
  }).code
}

const TYPED = `
interface Wanted { id: number }

export function find(wanted: Wanted): never {
  const message: string = 'not ' + wanted.id
  throw new Error(message)
}
export class Store {
  private readonly all: number[] = []

  get(): void { find({ id: this.all.length }) }
}
`

const PRINT = (call: string) =>
  `try { ${call} } catch (error) { console.log(error.stack.split('\\n').filter(line => !line.includes('node:')).join('\\n')) }`

export const SEEN_MODULES: Record<string, SeenCase> = {
  'source maps of compiled ES modules': {
    files: {
      'lib.js': compiled(TYPED, 'esm'),
      'app.js': `import { Store } from './lib.js'\n${PRINT('new Store().get()')}`,
    },
    execArgv: ['--enable-source-maps'],
  },
  'source maps of compiled CommonJS': {
    type: 'commonjs',
    files: {
      'lib.js': compiled(TYPED, 'cjs'),
      'app.js': `const { Store } = require('./lib.js')\n${PRINT('new Store().get()')}`,
    },
    execArgv: ['--enable-source-maps'],
  },
  'maps that the program itself reads': {
    files: {
      'lib.js': compiled(TYPED, 'esm'),
      'app.js': `import { findSourceMap } from 'node:module'; import { Store } from './lib.js'
        Error.prepareStackTrace = (error, sites) => sites.slice(0, 2).map(site => JSON.stringify(findSourceMap(site.getFileName())?.findEntry(site.getLineNumber() - 1, site.getColumnNumber() - 1))).join('\\n')
        ${PRINT('new Store().get()')}`,
    },
    execArgv: ['--enable-source-maps'],
  },
  'cycles, hoisting and what is not initialised': {
    files: {
      'app.js': `import { b, early, seenInB } from './b.js'; export let a = 'a'; export const c = 'c'; export function hoisted() { return 'hoisted ' + typeof a0 } var a0 = 1
        export default class {} ; console.log(b, early, seenInB); early.push(a, c); console.log(early)`,
      'b.js': `import Default, { a, c, hoisted } from './app.js'; import * as all from './app.js'
        const tries = [() => a, () => c, () => Default, () => hoisted(), () => all.a, () => Object.keys(all)]
        export const early = tries.map(read => { try { return read() } catch (error) { return error.name + ': ' + error.message } })
        export const b = typeof hoisted; export const seenInB = Object.prototype.toString.call(all) + Reflect.ownKeys(all).map(String)`,
    },
  },
  'live bindings, re-exports and namespaces': {
    files: {
      'app.js': `import * as all from './barrel.js'; import base, { count, increment as more } from './base.js'; import * as own from './app.js'
        export { base as default, all as everything }; export const first = 1; export let z = 0, y
        const before = count; more(); console.log(before, count, all.count, all.renamed(), all.default, Object.keys(all), Reflect.ownKeys(own), base.name, all.nested.count)
        for (const attempt of [() => { count = 1 }, () => { all.count = 1 }, () => { delete all.count }, () => Object.defineProperty(all, 'x', {})])
          try { attempt(); console.log('done') } catch (error) { console.log(error.name, error.message) }
        console.log(Object.getOwnPropertyDescriptor(all, 'count'), all, Object.isFrozen(all), import.meta.url === new URL('app.js', import.meta.url).href)`,
      'barrel.js': `export * from './base.js'; export * from './other.js'; export { increment as renamed, default } from './base.js'; export * as nested from './base.js'`,
      'base.js': `export let count = 0; export const increment = () => ++count; export default function () {} export const both = 1`,
      'other.js': `export const both = 2, other = 3; export default 4`,
    },
  },
  'default exports and their names': {
    files: {
      'app.js': [
        '1',
        '(class {})',
        'class {}',
        'class Named {}',
        'function () {}',
        'function named() {}',
        '() => 1',
        'async () => 1',
        '(function () {})',
        '{ a: 1 }',
        '[1]\n;[2]',
      ]
        .map(
          (_, index) =>
            `import d${index} from './d${index}.js'; console.log(d${index}?.name, typeof d${index}, String(JSON.stringify(d${index})))`,
        )
        .join('\n'),
      ...Object.fromEntries(
        [
          '1',
          '(class {})',
          'class {}',
          'class Named {}',
          'function () {}',
          'function named() {}',
          '() => 1',
          'async () => 1',
          '(function () {})',
          '{ a: 1 }',
          '[1]\n;[2]',
        ].map((value, index) => [`d${index}.js`, `export default ${value}`]),
      ),
    },
  },
  'import.meta': {
    files: {
      'app.js': `console.log(Object.keys(import.meta), Object.getOwnPropertyNames(import.meta), import.meta, import.meta.main, import.meta.resolve('./x.js'))
        await import('./sub/other.mjs?query=1#part')`,
      'sub/other.mjs': `console.log(import.meta.url, import.meta.filename, import.meta.dirname, import.meta.main, Object.isExtensible(import.meta)); import.meta.own = 1; console.log(import.meta.own)`,
    },
  },
  'top-level await, dynamic import and its order': {
    files: {
      'app.js': `console.log('app 1'); const [x, y] = await Promise.all([import('./slow.js'), import('./fast.js')]); console.log(x.name, y.name)
        for await (const value of (async function* () { yield 1 })()) console.log(value)
        await using resource = { async [Symbol.asyncDispose]() { console.log('disposed') } }
        await import('./fails.js').catch(error => console.log(error.message)); await import('./fails.js').catch(error => console.log(error.message))
        console.log((await import('./slow.js')) === x); export {}`,
      'slow.js': `console.log('slow 1'); await new Promise(setImmediate); console.log('slow 2'); export const name = 'slow'`,
      'fast.js': `console.log('fast'); export const name = 'fast'`,
      'fails.js': `console.log('fails'); await null; throw new Error('failed')`,
    },
  },
  'require of ES modules, JSON, attributes, and queries': {
    files: {
      'app.js': `import { createRequire } from 'node:module'; import data from './data.json' with { type: 'json' }
        const require = createRequire(import.meta.url)
        console.log(require('./es.mjs'), require('./es.mjs') === require('./es.mjs'), (await import('./es.mjs')) === require('./es.mjs'), data, require('./data.json'), data === require('./data.json'))
        console.log((await import('./es.mjs?a')).id === (await import('./es.mjs')).id, (await import('./es.mjs?a')).id === (await import('./es.mjs?a')).id)
        for (const attempt of [() => require('./tla.mjs'), () => import('./data.json'), () => import('./none.mjs'), () => require('./none.cjs')])
          try { await attempt() } catch (error) { console.log(error.code, error.message) }
        console.log(require('./plain.cjs'), await import('./plain.cjs'), Object.keys(require.cache).length)`,
      'es.mjs': `export const id = {}; export default 1; export { id as 'any name' }`,
      'tla.mjs': `await null; export {}`,
      'plain.cjs': `exports.a = 1; module.exports.b = this === exports; exports.c = [typeof require, typeof module, __filename, __dirname, module.id, module.loaded, module.children.length, require.main === undefined, arguments.length]`,
      'data.json': `{ "a": 1 }`,
    },
  },
  'sloppy code: with, callee, this, eval and constructors of functions': {
    type: 'commonjs',
    entry: 'app.js',
    files: {
      'app.js': `#!/usr/bin/env node
        function callee(a) { a = 2; return [arguments.callee === callee, arguments[0], arguments.length, this === globalThis, callee.caller === null] }
        function strict(a) { 'use strict'; a = 2; try { return [arguments.callee] } catch (error) { return [error.name, arguments[0], this] } }
        function twice(a, a) { return a } function evil() { eval('var made = 1'); return made } function shadow(eval) { return eval }
        with ({ x: 1, callee }) { console.log(x, callee(1).join(), (() => x)()) }
        if (true) { function inBlock() { return 'block' } }
        var implicit = undeclared = 3; console.log(inBlock(), implicit, globalThis.undeclared, delete globalThis.undeclared)
        console.log(strict(1), twice(1, 2), evil(), shadow(4), new Function('a', 'b', 'return a + b')(1, 2), Function('return this')() === globalThis, typeof eval('(function () {})'))
        label: for (var i = 0; i < 2; i++) { for (;;) continue label }
        console.log(this === module.exports, typeof inside, callee.length, twice.name, evil.call(null)); var inside
        console.log((0, eval)('typeof callee'), eval('typeof callee'), 010, '\\08')
        var async = 'identifier'; async
        one => one
        async
        two => two
        console.log(async)
        const indirect = { get [Symbol.toStringTag]() { return 'own' } }; console.log(String(indirect), new (class extends Array { })(3).length)`,
    },
  },
  'strict code with directives': {
    type: 'commonjs',
    files: {
      'app.js': `'use strict'\nconsole.log(this === module.exports, (function () { return this })(), (() => { try { undeclared = 1 } catch (error) { return error.message } })())`,
    },
  },
  'hooks of the application itself': {
    files: {
      'app.js': `import { registerHooks } from 'node:module'; import { readFileSync } from 'node:fs'
        const seen = []
        registerHooks({
          resolve: (specifier, context, next) => { const result = specifier === 'virtual:x' ? { url: 'virtual:x', shortCircuit: true } : specifier.endsWith('.up') ? { url: new URL(specifier, context.parentURL).href, shortCircuit: true } : next(specifier, context); seen.push(specifier + ' ' + result.format); return result },
          load: (url, context, next) => {
            if (url === 'virtual:x') return { format: 'module', source: 'export const x = () => new Error().stack.split("\\\\n")[1].trim()', shortCircuit: true }
            const loaded = url.endsWith('.up') ? { source: readFileSync(new URL(url)) } : next(url, context)
            if (!url.endsWith('.up')) { seen.push([url.slice(url.lastIndexOf('/')), loaded.format, String(loaded.source).length > 0].join()); return loaded }
            return { format: 'module', source: 'export default ' + JSON.stringify(String(loaded.source).toUpperCase()), shortCircuit: true }
          },
        })
        const { x } = await import('virtual:x'); console.log(x(), (await import('./text.up')).default, (await import('./own.js')).own(1), seen)`,
      'text.up': `text`,
      'own.js': `export const own = (a = 2) => new Error('own').stack.split('\\n')[1]`,
    },
  },
  'worker threads': {
    files: {
      'app.js': `import { Worker } from 'node:worker_threads'; const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: 1 })
        worker.on('message', message => console.log(message)); worker.on('exit', code => console.log('exit', code))`,
      'worker.js': `import { parentPort, workerData } from 'node:worker_threads'; const f = (a = 1) => new Error().stack.split('\\n')[1]; parentPort.postMessage([workerData, f(), String(f)])`,
    },
  },
  'tests of node --test': {
    entry: 'app.test.js',
    execArgv: ['--test', '--test-reporter=tap'],
    files: {
      'app.test.js': `import { test } from 'node:test'; import assert from 'node:assert'; import { one } from './one.js'; test('one', () => assert.equal(one(), 1))`,
      'one.js': `export const one = () => 1`,
    },
  },
}
