import type { Ask, RealAppCase } from './real-app.ts'

const GET: Ask = ['GET', '/']

/** Versions of packages as they followed one another: CommonJS, by hand and as tsc emits it. */
export const COMMONJS_APPS: RealAppCase[] = [
  {
    name: 'morgan',
    handler: `(() => {
      const lines = []
      const log = thing(
        (tokens, request, response) => {
          const total = tokens['total-time']
          return tokens.method(request, response) + ' ' + (total ? typeof total(request, response) : 'no total')
        },
        { immediate: true, stream: { write: line => lines.push(line.trim()) } },
      )
      return (request, response) => log(request, response, () => response.end(lines.at(-1)))
    })()`,
    first: '1.8.2',
    steps: [
      ['1.9.0', 'unseen'],
      ['1.10.0', 'seen'],
    ],
    asks: [GET, ['POST', '/x']],
  },
  {
    name: 'cors',
    handler: `(() => {
      const allow = thing({ origin: ['http://a'], maxAge: 0 })
      return (request, response) => allow(request, response, () => response.end('passed'))
    })()`,
    first: '2.8.1',
    steps: [
      // All of its code stands in one function that is called once.
      ['2.8.2', [/^cors\/lib\/index\.js:1 this statement .* it ran a function at cors\/lib\/index\.js:1$/]],
    ],
    asks: [
      ['GET', '/', { origin: 'http://a' }],
      ['OPTIONS', '/', { origin: 'http://b', 'access-control-request-method': 'PUT' }],
    ],
  },
  {
    name: 'cors',
    handler: `(() => {
      const allow = thing({ origin: ['http://a'], maxAge: 0 })
      return (request, response) => allow(request, response, () => response.end('passed'))
    })()`,
    first: '2.8.4',
    steps: [['2.8.5', 'seen']],
    asks: [['OPTIONS', '/', { origin: 'http://a', 'access-control-request-method': 'PUT' }]],
  },
  {
    name: 'koa-compose',
    handler: `async (request, response) => {
      const log = []
      const note = name => async (context, next) => { log.push(name); await next(); log.push('/' + name) }
      try { await thing([[note('a'), note('b')], note('c')])({}) } catch (error) { log.push(error.message) }
      response.end(log.join(' '))
    }`,
    first: '3.2.1',
    needs: '3.2.1',
    steps: [
      ['4.0.0', 'unseen'],
      ['4.2.0', 'seen'],
    ],
    asks: [GET],
  },
  {
    name: 'etag',
    handler: `(request, response) => response.end([thing(''), thing('x'), thing('x', { weak: true })].join(' '))`,
    first: '1.7.0',
    steps: [['1.8.0', 'seen']],
    asks: [GET],
  },
  {
    name: 'cookie',
    handler: `(request, response) => {
      const set = (...given) => { try { return thing.serialize(...given) } catch (error) { return error.message } }
      response.end(JSON.stringify([
        thing.parse(request.headers.cookie || ''),
        set('a', 'b c', { partitioned: true }),
        set('a{', 'b'),
        set('a', 'b', { domain: '.x.org' }),
      ]))
    }`,
    first: '0.5.0',
    steps: [
      ['0.6.0', 'seen'],
      ['0.7.0', 'seen'],
      ['0.7.2', 'seen'],
    ],
    asks: [['GET', '/', { cookie: 'a=1; b="2 3"; c=%20; a=4' }]],
  },
  {
    name: 'connect',
    handler: `(() => {
      const app = thing()
      app.use('/x', (request, response) => response.end('x ' + request.url))
      app.use((request, response) => response.end('any ' + request.url))
      return app
    })()`,
    first: '3.6.6',
    steps: [['3.7.0', 'unseen']],
    asks: [['GET', '/x/y?u=http://z'], ['GET', 'http://host/x/y'], GET],
  },
  {
    name: 'send',
    handler: `(request, response) => {
      thing(request, request.url, { root: process.env.PUBLIC }).on('error', error => {
        response.statusCode = error.status
        response.end(error.message)
      }).pipe(response)
    }`,
    first: '0.17.2',
    steps: [
      ['0.18.0', 'unseen'],
      ['0.19.0', 'seen'],
    ],
    asks: [
      ['GET', '/a.txt'],
      ['GET', '/a.txt', { range: 'bytes=1-2' }],
      ['GET', '/folder'],
      ['GET', '/none'],
      ['HEAD', '/a.txt'],
    ],
  },
  {
    name: 'find-my-way',
    handler: `(() => {
      const router = thing({ defaultRoute: (request, response) => response.end('none') })
      router.on('GET', '/', (request, response) => response.end('root'))
      return (request, response) => router.lookup(request, response)
    })()`,
    first: '6.0.0',
    // Who made the router ran what has changed, and it may have other routes by now.
    steps: [
      ['6.3.0', [/^server\.js:5 `handler` holds live state, since server\.js:8 calls a method of `router`/]],
    ],
    asks: [GET, ['GET', '/x']],
  },
  {
    name: 'find-my-way',
    // The router is made by the first request, and kept.
    handler: `(() => {
      let router
      const make = () => {
        const made = thing({ defaultRoute: (request, response) => response.end('none') })
        made.on('GET', '/user/:id', (request, response, params) => response.end('user ' + params.id))
        return made
      }
      return (request, response) => {
        router ??= make()
        router.lookup(request, response)
      }
    })()`,
    first: '6.3.0',
    steps: [['7.0.0', 'unseen']],
    asks: [
      ['GET', '/user/7'],
      ['GET', '/user/%zz'],
      ['GET', '/x/y'],
    ],
  },
  {
    name: 'lru-cache',
    handler: `(() => {
      let cache
      return (request, response) => {
        cache ??= new thing({ max: 2 })
        cache.set(request.url, request.method)
        response.end([cache.get(request.url), typeof cache.pop, typeof cache.rforEach].join(' '))
      }
    })()`,
    first: '7.0.0',
    steps: [['7.1.0', 'seen']],
    asks: [GET, ['GET', '/x'], ['GET', '/y']],
  },
  {
    name: 'path-to-regexp',
    handler: `(request, response) => {
      const match = thing.match('/:from-:to')
      response.end(JSON.stringify([match(request.url), String(thing.pathToRegexp('/:from-:to'))]))
    }`,
    first: '6.1.0',
    steps: [
      ['6.2.0', 'unseen'],
      ['6.3.0', 'seen'],
    ],
    asks: [
      ['GET', '/a-b'],
      ['GET', '/a-b-c'],
      ['GET', '/x'],
    ],
  },
]
