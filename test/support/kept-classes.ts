import type { Kept } from './kept.ts'

/** Classes, their instances and their heirs. */
export const CLASSES: Kept[] = [
  {
    name: 'members',
    body: v => `
      let n = 0
      class A {
        constructor() { this.id = ++n }
        m(x) { return ['${v}', this.id, x] }
        get g() { return '${v}' + this.id }
        set s(x) { this.t = '${v}' + x }
        static st() { return '${v}' + (this === A) }
        static get sg() { return '${v}' + A.name }
        async am() { return '${v}' }
        *gen() { yield '${v}'; yield this.id }
        async *ag() { yield '${v}' }
        me() { return [this instanceof A, new A() instanceof A, '${v}'] }
      }`,
    exports: 'A',
    keep: 'const a = new m.A(); return { a, m: a.m, st: m.A.st, bound: a.m.bind(a), A: m.A, gen: a.gen }',
    see: `k.a.s = 1
      const ag = []
      for await (const x of k.a.ag()) ag.push(x)
      return [
        k.a.m(1), k.m.call(k.a, 2), k.bound(3), k.a.g, k.a.t, k.A.st(), k.st.call(k.A), k.A.sg, await k.a.am(), [...k.a.gen()],
        [...k.gen.call(k.a)], ag, k.a.me(), k.A === m.A, k.a instanceof m.A, k.a.constructor === m.A, Object.keys(k.a)]`,
    expect: v => [
      [v, 1, 1],
      [v, 1, 2],
      [v, 1, 3],
      `${v}1`,
      `${v}1`,
      `${v}true`,
      `${v}true`,
      `${v}A`,
      v,
      [v, 1],
      [v, 1],
      [v],
      [true, true, v],
      true,
      true,
      true,
      ['id', 't'],
    ],
  },
  {
    name: 'constructors',
    body: v => `
      class A { static made = 0; constructor(x) { this.v = '${v}'; this.x = x; this.t = new.target.name; A.made += 1 } }
      class B extends A { constructor(y) { super(y + 1); this.b = '${v}' } }
      class C extends A {}`,
    exports: 'A, B, C',
    keep: 'return { A: m.A, B: m.B, C: m.C, D: class D extends m.B {} }',
    see: `const before = m.A.made
      const [a, b, c, d] = [new k.A(1), new k.B(1), new k.C(1), new k.D(1)]
      return [
        { ...a }, { ...b }, { ...c }, { ...d }, d instanceof m.A, b instanceof m.B, Object.getPrototypeOf(c) === m.C.prototype,
        Object.getPrototypeOf(d) === k.D.prototype, k.A.name, k.A.length, m.A.made - before]`,
    expect: v => [
      { v, x: 1, t: 'A' },
      { v, x: 2, t: 'B', b: v },
      { v, x: 1, t: 'C' },
      { v, x: 2, t: 'D', b: v },
      true,
      true,
      true,
      true,
      'A',
      1,
      4,
    ],
  },
  {
    name: 'constructor that comes and goes',
    body: v => `class A { m() { return '${v}' } ${v === 'v2' ? `constructor() { this.v = '${v}' }` : ''} }
      class B extends A { own = '${v}'; ${v === 'v3' ? `constructor() { super(); this.w = '${v}' }` : ''} }`,
    exports: 'A, B',
    keep: 'return { a: new m.A(), B: m.B }',
    see: 'return [k.a.m(), { ...new m.A() }, { ...new k.B() }]',
    expect: v => [
      v,
      v === 'v2' ? { v } : {},
      { ...(v === 'v2' && { v }), own: v, ...(v === 'v3' && { w: v }) },
    ],
  },
  {
    name: 'fields',
    body: v =>
      `class A { a = '${v}'; static s = 'same'; b = this.a + '!'; h = () => ['${v}', this.a] ${v === 'v2' ? `; c = 1` : ''} }`,
    exports: 'A',
    keep: 'const a = new m.A(); return { A: m.A, a, h: a.h }',
    see: 'const { h, ...fresh } = new k.A(); return [fresh, h(), k.A.s, k.a.a, k.h(), "c" in k.a]',
    expect: v => [{ a: v, b: `${v}!`, ...(v === 'v2' && { c: 1 }) }, [v, v], 'same', 'v1', [v, 'v1'], false],
  },
  {
    name: 'super',
    body: v => `
      class A { m() { return 'base ${v}' } static s() { return 'S${v}' } get x() { return 'x${v}' } }
      class B extends A {
        m() { return '${v} ' + super.m() }
        static s() { return B.name + '${v}' + super.s() }
        get x() { return '${v}' + super.x }
        nested() { const f = () => super.m() + '${v}'; return f() }
        later() { return () => '${v}' + super.m() }
        field = () => '${v}' + super.m()
      }`,
    exports: 'A, B',
    keep: 'const b = new m.B(); return { b, m: m.B.prototype.m, later: b.later(), field: b.field }',
    see: 'return [k.b.m(), m.B.s(), k.b.x, k.b.nested(), k.m.call(k.b), k.later(), k.field()]',
    expect: v => [
      `${v} base ${v}`,
      `B${v}S${v}`,
      `${v}x${v}`,
      `base ${v}${v}`,
      `${v} base ${v}`,
      `${v}base ${v}`,
      `${v}base ${v}`,
    ],
  },
  {
    name: 'mixins',
    body: v => `
      const Mix = Base => class extends Base {
        mixed() { return ['${v}', this.n] }
        get up() { return '${v}' + super.up }
        set up(x) { super.up = x + '${v}' }
        static make() { return '${v}' + super.make() }
      }
      class A { n = 1; get up() { return this.was ?? 'A' } set up(x) { this.was = x } static make() { return 'made' } }
      class B extends Mix(A) { own() { return '${v}' } }`,
    exports: 'Mix, B',
    keep: 'return { b: new m.B(), M: m.Mix(class { n = 2 }) }',
    see: `delete k.b.was
      const before = k.b.up
      k.b.up = 'set'
      return [k.b.mixed(), k.b.own(), new k.M().mixed(), m.B.make(), before, k.b.up]`,
    expect: v => [[v, 1], v, [v, 2], `${v}made`, `${v}A`, `${v}set${v}`],
  },
  {
    name: 'class expressions',
    body: v => `
      const seal = C => C
      const A = class { m() { return '${v}' } static s() { return '${v}' } }
      const N = class Named { m() { return '${v}' + Named.name } constructor() { this.v = '${v}'; this.own = Named === N } }
      const W = seal(class Inner { constructor() { this.v = '${v}' } m() { return '${v}' + super.toString() } static make() { return new Inner() } })
      let D = class D { m() { return '${v}' } constructor() { this.v = '${v}' } }
      D = new Proxy(D, {})`,
    exports: 'A, N, W, D',
    keep: 'return { a: new m.A(), n: new m.N(), N: m.N, w: m.W.make(), d: new m.D() }',
    see: `return [
      k.a.m(), m.A.s(), k.n.m(), { ...new k.N() }, k.N.name, k.w.m(), { ...m.W.make() }, k.d.m(), { ...new m.D() }, m.A.name]`,
    expect: v => [v, v, `${v}Named`, { v, own: true }, 'Named', `${v}[object Object]`, { v }, v, { v }, 'A'],
  },
  {
    name: 'classes in functions',
    body: v => `
      function make(n) {
        return class A {
          m() { return ['${v}', n, A.name] } static s() { return '${v}' } get g() { return '${v}' + n }
        }
      }`,
    exports: 'make',
    keep: 'return m.make(2)',
    see: 'const a = new k(); return [a.m(), k.s(), a.g]',
    expect: v => [[v, 2, 'A'], v, `${v}2`],
  },
  {
    name: 'private names',
    body: v => `
      class A {
        #n = 1
        static #count = 0
        #p() { return '${v}' + this.#n }
        get #q() { return '${v}' + this.#n }
        m() { return '${v}' + this.#n }
        via() { return [this.#p(), this.#q] }
        static next() { return '${v}' + (A.#count += 1) }
        has(o) { return '${v}' + (#n in o) }
        set n(x) { this.#n = x }
        arrow() { return () => ['${v}', this.#n] }
        ${v === 'v2' ? `added() { return '${v}' + this.#n }` : ''}
      }`,
    exports: 'A',
    keep: 'const a = new m.A(); a.n = 7; return { a, arrow: a.arrow() }',
    see: 'return [k.a.m(), k.a.via(), m.A.next(), k.a.has(k.a), k.a.has({}), k.arrow(), k.a.added?.()]',
    expect: (v, step) => [
      `${v}7`,
      [`${v}7`, `${v}7`],
      `${v}${step + 1}`,
      `${v}true`,
      `${v}false`,
      [v, 7],
      v === 'v2' ? 'v27' : undefined,
    ],
  },
  {
    name: 'members that come and go',
    body: v => `class A {
        n = 1
        a() { return ${v === 'v1' ? "'v1'" : 'this.b()'} }
        ${v === 'v1' ? '' : `b() { return '${v}' + this.n + A.name } static sb() { return '${v}' }`}
        ${v === 'v2' ? 'get x() { return this.n } set x(y) { this.n = y }' : ''}
        ${v === 'v3' ? 'set x(y) { this.n = y * 2 }' : ''}
        ${v === 'v3' ? `*[Symbol.iterator]() { yield '${v}' }` : ''}
      }
      class B extends A { ${v === 'v2' ? `b() { return 'B' + super.b() }` : ''} }`,
    exports: 'A, B',
    keep: 'return { a: new m.A(), b: new m.B() }',
    see: `k.a.n = 1; delete k.a.x; k.a.x = 5
      return [k.a.x, k.a.n, k.a.a(), typeof k.a.b, typeof m.A.sb, k.b.a(), typeof k.a[Symbol.iterator], Object.keys(m.A.prototype)]`,
    expect: v => [
      ...(v === 'v2' ? [5, 5] : v === 'v3' ? [undefined, 10] : [5, 1]),
      v === 'v1' ? 'v1' : v === 'v2' ? 'v25A' : 'v310A',
      v === 'v1' ? 'undefined' : 'function',
      v === 'v1' ? 'undefined' : 'function',
      v === 'v1' ? 'v1' : v === 'v2' ? 'Bv21A' : 'v31A',
      v === 'v3' ? 'function' : 'undefined',
      [],
    ],
  },
  {
    name: 'names of members',
    body: v => `
      const S = Symbol('s')
      class A {
        *[Symbol.iterator]() { yield '${v}' }
        [S]() { return '${v}' }
        get [Symbol.toStringTag]() { return '${v}' }
        static async *[Symbol.asyncIterator]() { yield '${v}' }
        'quoted name'() { return '${v}' }
        42() { return '${v}' }
      }`,
    exports: 'A, S',
    keep: 'return new m.A()',
    see: `const all = []
      for await (const x of m.A) all.push(x)
      return [[...k], k[m.S](), String(k), all, k['quoted name'](), k[42]()]`,
    expect: v => [[v], v, `[object ${v}]`, [v], v, v],
  },
]
