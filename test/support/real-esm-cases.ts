import type { Ask, RealAppCase } from './real-app.ts'

const GET: Ask = ['GET', '/']

/** Versions of packages as they followed one another: ES modules. */
export const ESM_APPS: RealAppCase[] = [
  {
    name: 'sirv',
    imports: `import thing from './sirv/build.mjs'`,
    handler: `(() => {
      const serve = thing(process.env.PUBLIC, { dev: true })
      return (request, response) => serve(request, response, () => { response.statusCode = 404; response.end('none') })
    })()`,
    first: '2.0.2',
    steps: [
      ['2.0.4', 'seen'],
      ['3.0.0', 'unseen'],
    ],
    asks: [
      ['GET', '/a.txt'],
      ['GET', '/a.txt', { range: 'bytes=1-99' }],
      ['GET', '/none'],
    ],
  },
  {
    name: 'tinyhttp-router',
    imports: `import { Router } from './tinyhttp-router/dist/index.js'`,
    handler: `(() => {
      const router = new Router()
      return (request, response) => {
        router.get(request.url, () => undefined)
        response.end(JSON.stringify(router.middleware.at(-1)))
      }
    })()`,
    first: '2.2.1',
    // The router was made by what has changed, and has routes by now.
    steps: [
      [
        '2.2.3',
        [/^server\.js:5 `handler` holds live state, since server\.js:\d+ calls a method of `router`/],
      ],
    ],
    asks: [GET, ['GET', '/x']],
  },
  {
    name: 'p-limit',
    imports: `import thing from './p-limit/index.js'`,
    handler: `(() => {
      const limit = thing(1)
      return async (request, response) => {
        const all = await Promise.all([1, 2, 3].map(each => limit(async () => each + limit.pendingCount)))
        response.end(all.join(' '))
      }
    })()`,
    first: '5.0.0',
    // The queue of a limit is in closures.
    steps: [['6.0.0', [/a closure of the function here is kept/]]],
    asks: [GET],
  },
]
