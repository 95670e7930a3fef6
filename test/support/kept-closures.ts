import type { Kept } from './kept.ts'

/** Functions made inside functions: what they captured is state, and stays. */
export const CLOSURES: Kept[] = [
  {
    name: 'factory',
    body: v => `function makeHandler(db) { return (req, res) => ['${v}', db.name, req] }`,
    exports: 'makeHandler',
    keep: `return m.makeHandler({ name: 'db' })`,
    see: `return [k(1), m.makeHandler({ name: 'other' })(2)]`,
    expect: v => [
      [v, 'db', 1],
      [v, 'other', 2],
    ],
  },
  {
    name: 'captured variables that change',
    body: v => `
      function counter(start) {
        let n = start
        return { inc() { n += 1; return ['${v}', n] }, get value() { return n }, dec: () => { n -= 1; return ['${v}', n] } }
      }`,
    exports: 'counter',
    keep: 'return m.counter(10)',
    see: 'return [k.inc(), k.inc(), k.dec(), k.value]',
    expect: (v, step) => [[v, 11 + step], [v, 12 + step], [v, 11 + step], 11 + step],
  },
  {
    name: 'arrow functions with this and arguments',
    body: v => `
      class A {
        constructor() { this.n = 1; this.h = () => ['${v}', this.n] }
        on() { return () => ['on ${v}', this.n] }
      }
      function F() { this.q = 3; return () => [this.q, arguments[0], '${v}'] }
      function G() { this.isNew = () => [new.target === G, '${v}'] }
      const o = { __proto__: { m() { return 'base' } }, m() { return () => '${v} ' + super.m() } }`,
    exports: 'A, F, G, o',
    keep: 'const a = new m.A(); return { h: a.h, on: a.on(), f: m.F.call({}, 9), g: new m.G().isNew, o: m.o.m() }',
    see: 'return [k.h(), k.on(), k.f(), k.g(), k.o()]',
    expect: v => [[v, 1], [`on ${v}`, 1], [3, 9, v], [true, v], `${v} base`],
  },
  {
    name: 'arrow functions in strict code',
    body: v => `
      class A { static pick() { return () => ['${v}', typeof this] } }
      function strict() { 'use strict'; return () => ['${v}', this === undefined, typeof this] }`,
    exports: 'A, strict',
    keep: 'return { a: m.A.pick.call(5), s: m.strict.call(undefined), n: m.strict.call(7) }',
    see: 'return [k.a(), k.s(), k.n()]',
    expect: v => [
      [v, 'number'],
      [v, true, 'undefined'],
      [v, false, 'number'],
    ],
  },
  {
    name: 'super of object literals',
    body: v => `
      const base = { m() { return 'base' } }
      const o = { __proto__: base, m() { return '${v} ' + super.m() } }
      function make(n) { return { __proto__: base, m() { return '${v} ' + n + super.m() } } }`,
    exports: 'o, make',
    keep: 'return { o: m.o, p: m.make(3) }',
    see: 'return [k.o.m(), k.p.m()]',
    expect: v => [`${v} base`, `${v} 3base`],
  },
  {
    name: 'blocks',
    body: v => `
      function make() {
        const out = []
        for (let i = 0; i < 2; i++) out.push(() => '${v}' + i)
        for (const j of [7]) out.push(() => '${v}' + j)
        try { throw 5 } catch (e) { out.push(() => '${v}' + e) }
        switch (1) { case 1: { const q = 4; out.push(() => '${v}' + q) } }
        return out
      }`,
    exports: 'make',
    keep: 'return m.make()',
    see: 'return k.map(f => f())',
    expect: v => [`${v}0`, `${v}1`, `${v}7`, `${v}5`, `${v}4`],
  },
  {
    name: 'functions in functions in functions',
    body: v => `
      function a(x) {
        let c = 0
        return function b(y) {
          return { get() { c += 1; return ['${v}', x, y, c] }, set: z => { y = z }, again: function r(n) { return n === 0 ? ['${v}', x] : r(n - 1) } }
        }
      }`,
    exports: 'a',
    keep: 'return m.a(1)(2)',
    see: 'k.set(9); return [k.get(), k.again(2)]',
    expect: (v, step) => [
      [v, 1, 9, step + 1],
      [v, 1],
    ],
  },
  {
    name: 'constants that are captured in addition',
    body: v => `
      function make(a) {
        let count = 0
        ${v === 'v1' ? '' : `const STEP = 10, NAMES = 'all'`}
        const plain = () => ${v === 'v1' ? `'v1'` : `'${v}' + NAMES`}
        return {
          plain,
          next: () => { count += 1; return ['${v}', a + count ${v === 'v1' ? '' : '* STEP'}] },
          m() { return ${v === 'v1' ? '[a]' : '[a, STEP, { NAMES }]'} },
        }
      }`,
    exports: 'make',
    keep: 'return m.make(1)',
    see: 'return [k.plain(), k.next(), k.m()]',
    expect: (v, step) =>
      v === 'v1'
        ? ['v1', ['v1', 1 + step + 1], [1]]
        : [`${v}all`, [v, 1 + (step + 1) * 10], [1, 10, { NAMES: 'all' }]],
  },
  {
    name: 'captures that become fewer',
    body: v => `function make(a, b) { return () => '${v}' + ${v === 'v2' ? 'a' : '(a + b)'} }`,
    exports: 'make',
    keep: 'return m.make(1, 2)',
    see: 'return [k(), m.make(3, 4)()]',
    expect: v => (v === 'v2' ? ['v21', 'v23'] : [`${v}3`, `${v}7`]),
  },
  {
    name: 'surroundings that change too',
    body: v => `
      const log = []
      function connect(socket) {
        const state = { n: 0, items: [] }
        log.push('${v}')
        socket.on('data', function (x) { state.n += 1; return ['${v}', x, state.n] })
        socket.on('end', () => '${v} end')
        ${v === 'v2' ? `socket.on('error', () => '${v}')` : ''}
        function helper() { return '${v}' + state.n }
        return { helper, peek: () => ['${v}', state.items.length], ${v === 'v1' ? '' : 'more: 1,'} tick() { return helper() } }
      }`,
    exports: 'connect',
    keep: `const socket = { on(name, f) { this[name] = f } }
      return { socket, ...m.connect(socket) }`,
    see: 'return [k.socket.data(1), k.socket.end(), k.helper(), k.peek(), k.tick()]',
    expect: (v, step) => [[v, 1, step + 1], `${v} end`, `${v}${step + 1}`, [v, 0], `${v}${step + 1}`],
  },
  {
    name: 'made at once',
    body: v =>
      `const api = (() => { let n = 0; return { inc() { n += 1; return ['${v}', n] }, peek: () => n } })()`,
    exports: 'api',
    keep: 'return m.api',
    see: 'return [k.inc(), k.peek(), k === m.api]',
    expect: (v, step) => [[v, step + 1], step + 1, true],
  },
]

/** Closures that nobody keeps: new ones are new, whatever it is that changed. */
export const UNKEPT: Kept[] = [
  [
    'captures',
    (v: string) => `function make(a, b) { return () => '${v}' + (${v === 'v2' ? 'a + b' : 'a'}) }`,
  ],
  ['directive', (v: string) => `function make(n) { return a => { 'use strict'; return '${v}' } }`],
  ['eval', (v: string) => `function make(n) { return a => eval('n') && '${v}' }`],
  [
    'class',
    (v: string) =>
      `function make() { const A = class { #v = '${v}'; get() { return this.#v } }; return () => new A().get() }`,
  ],
  [
    'members',
    (v: string) =>
      `function make() { class A { ${v === 'v2' ? 'x' : 'y'}() { return '${v}' } }; return () => new A().${v === 'v2' ? 'x' : 'y'}() }`,
  ],
  ['constant', (v: string) => `function make() { const label = '${v}'; return () => label }`],
  [
    'deep',
    (v: string) =>
      `function make(p) { const a = () => { const q = 1; return () => '${v}' + ${v === 'v2' ? 'q' : '(p ?? "")'} }; return a() }`,
  ],
  [
    'kind',
    (v: string) =>
      `function make() { const f = ${v === 'v2' ? 'function*' : 'function'} () { return '${v}' }; return () => (${v === 'v2' ? 'f().next().value' : 'f()'}) }`,
  ],
].map(([name, body]) => ({
  name: `unkept ${name}`,
  body: body as Kept['body'],
  exports: 'make',
  keep: 'm.make(1, 2)(); return null',
  see: 'return m.make(3, 4)()',
  expect: v =>
    name === 'captures' ? `${v}${v === 'v2' ? 7 : 3}` : name === 'deep' ? `${v}${v === 'v2' ? 1 : 3}` : v,
}))
