import { createRequire } from 'node:module'
import { WARM_MODULE } from '../programs.ts'

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')

/**
 * Has Node.js load and compile of itself what nearly every application needs, in a process that has nothing else to do
 * yet. It is done when this returns: nothing is left open, listening or scheduled that the application could meet.
 */
export function warmUp(): void {
  // Not `https`: with it Node.js reads all its certificates of authorities, in a thread of its own.
  for (const name of ['node:crypto', 'node:zlib'] as const) process.getBuiltinModule(name)
  answerOnce()
  loadModuleOnce()
}

/**
 * The first request that a process answers takes twice as long as the next. Here it is one that no client has sent, over a stream
 * in memory, and no code of the application sees it.
 */
function answerOnce(): void {
  const { createServer } = process.getBuiltinModule('node:http')
  const { Duplex } = process.getBuiltinModule('node:stream')
  const connection = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
  })
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/plain')
    response.end('ok')
  })
  server.emit('connection', connection)
  connection.emit('data', REQUEST)
}

/** Readies the loader of ES modules. */
function loadModuleOnce(): void {
  const require = createRequire(import.meta.filename)
  require(WARM_MODULE)
  delete require.cache[WARM_MODULE]
}
