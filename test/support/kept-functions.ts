import type { Kept } from './kept.ts'

/** Functions of a module's own scope, in whatever hands they are. */
export const FUNCTIONS: Kept[] = [
  {
    name: 'declaration',
    body: v => `function f(x) { return ['${v}', x] }`,
    exports: 'f',
    keep: 'return m.f',
    see: 'return [k(1), m.f(1), k === m.f, k.name, k.length]',
    expect: v => [[v, 1], [v, 1], true, 'f', 1],
  },
  {
    name: 'arrow',
    body: v => `const f = x => ['${v}', x]`,
    exports: 'f',
    keep: 'return m.f',
    see: 'return [k(1), m.f(1), k === m.f, k.name]',
    expect: v => [[v, 1], [v, 1], true, 'f'],
  },
  {
    name: 'declaration and arrow in turn',
    body: v => (v === 'v2' ? `const f = x => '${v}' + x` : `function f(x) { return '${v}' + x }`),
    exports: 'f',
    keep: 'return m.f',
    see: 'return [k(1), m.f(1)]',
    expect: v => [`${v}1`, `${v}1`],
  },
  {
    name: 'event listener',
    body: v => `
      const { EventEmitter } = process.getBuiltinModule('node:events')
      const emitter = new EventEmitter()
      const seen = []
      emitter.on('x', function (a) { seen.push('${v}' + a + (this === emitter)) })
      emitter.on('x', a => seen.push('arrow ${v}' + a))
      emitter.once('never', () => seen.push('${v}'))`,
    exports: 'emitter, seen',
    keep: '',
    see: `m.seen.length = 0; m.emitter.emit('x', 1); return m.seen`,
    expect: v => [`${v}1true`, `arrow ${v}1`],
  },
  {
    name: 'timer',
    body: v => `
      let out = null
      setInterval(() => out?.('${v}'), 5)
      function next() { return new Promise(resolve => { out = resolve }) }`,
    exports: 'next',
    keep: '',
    see: 'return m.next()',
    expect: v => v,
  },
  {
    name: 'bound',
    body: v => `
      const o = { n: 5 }
      function f(a, b) { return ['${v}', this.n, a, b] }
      const bound = f.bind(o, 1)`,
    exports: 'bound',
    keep: 'return m.bound',
    see: 'return [k(2), m.bound(2), k.name]',
    expect: v => [[v, 5, 1, 2], [v, 5, 1, 2], 'bound f'],
  },
  {
    name: 'object literal',
    body: v => `
      const handlers = {
        a() { return '${v}' + this.n }, b: () => '${v}', c: function () { return '${v}' + this.n },
        async d() { return '${v}' }, get e() { return '${v}' }, set e(x) { this.n = x + '${v}'.length },
        *g() { yield '${v}' }, n: 1, ['comp' + 'uted']() { return '${v}' },
        nested: { deep: { fn(x) { return '${v}' + x } } }, list: [() => '${v}'],
      }`,
    exports: 'handlers',
    keep: 'return { h: m.handlers, a: m.handlers.a, b: m.handlers.b, fn: m.handlers.nested.deep.fn, l: m.handlers.list[0] }',
    see: `k.h.e = -1
      return [k.h.a(), k.a.call({ n: 7 }), k.b(), k.h.c(), await k.h.d(), k.h.e, [...k.h.g()], k.h.computed(), k.fn(2), k.l(), k.h === m.handlers]`,
    expect: v => [`${v}1`, `${v}7`, v, `${v}1`, v, v, [v], v, `${v}2`, v, true],
  },
  {
    name: 'parameters',
    body: v => `
      function f({ a, b = '${v}' } = {}, [c] = [3], ...rest) { return ['${v}', a, b, c, rest] }
      function g(a, b = () => '${v}' + a) { return b() }
      const h = ({ x }, y = x) => ['${v}', x, y]
      function all() { return ['${v}', ...arguments] }
      function more(...rest) { return ['${v}', rest.length] }
      function target() { return [new.target === undefined, '${v}'] }
      function tag(strings, ...values) { return ['${v}', strings.raw.join('|'), values] }
      function again(n) { return n === 0 ? ['${v}'] : again(n - 1) }
      const named = function inner(n) { return n === 0 ? ['${v}', typeof inner] : inner(n - 1) }`,
    exports: 'f, g, h, all, more, target, tag, again, named',
    keep: 'return { ...m }',
    see: `return [
      k.f({ a: 1 }, [2], 4, 5), k.f(), k.g(1), k.h({ x: 1 }), k.all(1, 2), k.more(1, 2, 3), k.target(), k.tag\`a\${1}b\`, k.again(3),
      k.named(2), k.f.length, k.g.length, k.h.length, k.named.name]`,
    expect: v => [
      [v, 1, v, 2, [4, 5]],
      [v, undefined, v, 3, []],
      `${v}1`,
      [v, 1, 1],
      [v, 1, 2],
      [v, 3],
      [true, v],
      [v, 'a|b', [1]],
      [v],
      [v, 'function'],
      0,
      1,
      1,
      'inner',
    ],
  },
  {
    name: 'constructor function',
    body: v => `
      function Point(x) { if (!new.target) return new Point(x); this.x = x; this.v = '${v}' }
      Point.prototype.get = function () { return ['${v}', this.x] }
      Point.of = () => '${v}'`,
    exports: 'Point',
    keep: 'return { p: new m.Point(1), Point: m.Point }',
    see: `const q = new k.Point(2)
      return [k.p.get(), q.v, q instanceof m.Point, k.Point(3).v, k.Point.of(), Reflect.construct(k.Point, [1], class X {}).v]`,
    expect: v => [[v, 1], v, true, v, v, v],
  },
  {
    name: 'accessor that was defined',
    body: v => `
      const o = {}
      Object.defineProperty(o, 'x', { get() { return '${v}' }, enumerable: true })
      Object.assign(o, { y() { return '${v}' } })`,
    exports: 'o',
    keep: 'return m.o',
    see: 'return [k.x, k.y()]',
    expect: v => [v, v],
  },
  {
    name: 'hoisted',
    body: v => `
      const early = f()
      function f() { return 1 }
      function g() { return h() + '${v}'; function h() { return '${v}' } }`,
    exports: 'early, g',
    keep: 'return m.g',
    see: 'return [k(), m.early]',
    expect: v => [`${v}${v}`, 1],
  },
  {
    name: 'async',
    body: v => `async function f() { return '${v}' }; const g = async x => ['${v}', await x]`,
    exports: 'f, g',
    keep: 'return [m.f, m.g]',
    see: 'return [await k[0](), await k[1](1)]',
    expect: v => [v, [v, 1]],
  },
  {
    name: 'in progress',
    // Each is begun in the first version, goes on in the second, with the state of now, and is over after that.
    body: v => `
      const gate = Promise.withResolvers()
      let state = 0
      function* sync() { state += 1; yield '${v}1'; state += 1; yield ['${v}2', state] }
      async function* later() { yield '${v}1'; state += 10; yield ['${v}2', state] }
      async function wait() { state += 100; await gate.promise; state += 100; return ['${v}', state] }
      const open = () => gate.resolve()
      const set = value => { state = value }`,
    exports: 'sync, later, wait, open, set',
    keep: `const [a, b] = [m.sync(), m.later()]
      a.next(); await b.next()
      return { a, b, wait: m.wait(), sync: m.sync, later: m.later, unborn: m.sync(), step: 0 }`,
    see: `k.step += 1
      if (k.step === 2) {
        m.set(1000)
        m.open()
        k.old = [k.a.next().value, (await k.b.next()).value, await k.wait, k.unborn.next().value]
      }
      const fresh = [...k.sync()].at(0)
      const ahead = []
      for await (const value of k.later()) ahead.push(value)
      return [k.old, fresh, ahead[0], k.sync() instanceof k.sync]`,
    expect: (v, step) => [
      step === 0 ? undefined : [['v12', 1001], ['v12', 1011], ['v1', 1111], 'v21'],
      `${v}1`,
      `${v}1`,
      true,
    ],
  },
]
