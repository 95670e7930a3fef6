import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Files, type HotProgram, startHotProgram } from '../support/hot-program.ts'

/** A module that opens something with what it imports, and how that is closed. Whatever is opened is `it`. */
interface Kind {
  is: string
  text: string
  /** Resolves when it is closed. */
  close: string
}

const importing = (text: string) =>
  `import { setting } from './setting.js'\n${text.replace('export const it = ', 'export const it = setting && ')}`

const KINDS: Record<string, Kind> = {
  interval: {
    is: 'a timer',
    text: `export const it = setInterval(() => {}, 1e6)`,
    close: `clearInterval(it)`,
  },
  timeout: {
    is: 'a timer',
    text: `export const it = setTimeout(() => {}, 1e6)`,
    close: `it.close()`,
  },
  'unref-interval': {
    is: 'a timer',
    text: `export const it = setInterval(() => {}, 1e6).unref()`,
    close: `clearInterval(it)`,
  },
  'interval-in-a-function': {
    is: 'a timer',
    text: `export const it = begin()\nfunction begin() { return { timer: setInterval(() => {}, 1e6) } }`,
    close: `clearInterval(it.timer)`,
  },
  'interval-by-number': {
    is: 'a timer',
    text: `export const it = +setInterval(() => {}, 1e6)`,
    close: `clearInterval(it)`,
  },
  server: {
    is: 'a server',
    text: `import { createServer } from 'node:net'\nexport const it = createServer(() => {}).listen(0)`,
    close: `await new Promise(resolve => it.close(resolve))`,
  },
  'server-of-an-address': {
    // It looks after slow clients.
    is: 'a server, a timer',
    text: `import { createServer } from 'node:http'\nexport const it = createServer(() => {}).listen(0, '127.0.0.1').unref()`,
    close: `it.close()`,
  },
  'unix-server': {
    is: 'a server on a Unix socket',
    text: `import { createServer } from 'node:net'\nexport const it = createServer(() => {}).listen('unix.sock')`,
    close: `it.close()`,
  },
  connection: {
    is: 'a connection',
    text: `import { connect } from 'node:net'\nexport const it = connect({ port: Number(process.env.LISTENER), host: '127.0.0.1' }, () => {})`,
    close: `it.destroy()`,
  },
  udp: {
    is: 'a UDP socket',
    text: `import { createSocket } from 'node:dgram'\nexport const it = createSocket('udp4', () => {})\nit.bind(0, '127.0.0.1')`,
    close: `it.close()`,
  },
  watch: {
    is: 'a watcher',
    text: `import { watch } from 'node:fs'\nexport const it = watch('.', () => {})`,
    close: `it.close()`,
  },
  'watch-file': {
    is: 'a watcher',
    text: `import { watchFile, unwatchFile } from 'node:fs'\nexport const it = (watchFile('package.json', { interval: 1e6 }, () => {}), () => unwatchFile('package.json'))`,
    close: `it()`,
  },
  child: {
    is: 'a child process',
    text: `import { spawn } from 'node:child_process'\nexport const it = spawn('cat', { stdio: 'pipe' }).on('exit', () => {})`,
    close: `const ended = new Promise(resolve => it.once('close', resolve)); it.kill('SIGKILL'); await ended`,
  },
  worker: {
    is: 'a worker thread',
    text: `import { Worker } from 'node:worker_threads'\nexport const it = new Worker('setInterval(() => {}, 1e6)', { eval: true })`,
    close: `await it.terminate()`,
  },
  ports: {
    is: 'a message port (2 of them)',
    text: `import { MessageChannel } from 'node:worker_threads'\nexport const it = new MessageChannel()`,
    close: `it.port1.close()`,
  },
  signal: {
    is: 'a signal handler',
    text: `const report = () => {}\nexport const it = process.on('SIGUSR2', report)`,
    close: `it.removeAllListeners('SIGUSR2')`,
  },
  'opened-later': {
    is: 'a timer',
    text: `export const it = (async () => { await null; await new Promise(resolve => setImmediate(resolve)); return { timer: setInterval(() => {}, 1e6) } })()`,
    close: `clearInterval((await it).timer)`,
  },
}

const fileOf = (name: string) => `${name}.js`

const APP: Files = {
  'app.js': Object.keys(KINDS)
    .map(name => `import './${fileOf(name)}'`)
    .join('\n'),
  'setting.js': `export const setting = 1`,
  ...Object.fromEntries(Object.entries(KINDS).map(([name, { text }]) => [fileOf(name), importing(text)])),
}

/** What a plan that changes the setting says of each module. */
async function opened(program: HotProgram): Promise<Record<string, string>> {
  const { reasons } = await program.plan({ 'setting.js': `export const setting = 2` })
  return Object.fromEntries(
    reasons.flatMap(({ module, message, remedy }) => {
      const found = /has opened (.*) and would have to be evaluated anew/.exec(message)?.[1]
      if (found !== undefined) assert.match(remedy, /`import\.meta\.hot\.dispose`/)
      return found === undefined ? [] : [[module, found]]
    }),
  )
}

async function startOpen(t: TestContext): Promise<HotProgram> {
  const listener = await startHotProgram(t, {
    'app.js': `import { createServer } from 'node:net'\nexport const server = createServer().listen(0, '127.0.0.1')\nawait new Promise(resolve => server.once('listening', resolve))`,
  })
  const port = await listener.run<number>(`return (await load('./app.js')).server.address().port`)
  return startHotProgram(t, APP, { env: { LISTENER: String(port) } })
}

test('what a statement has opened is a reason until it is closed, of whatever kind it is', async t => {
  const program = await startOpen(t)
  await program.run(
    `const { it } = await load('./connection.js')
     if (it.connecting) await new Promise(resolve => it.once('connect', resolve))`,
  )
  assert.deepEqual(
    await opened(program),
    Object.fromEntries(Object.entries(KINDS).map(([name, { is }]) => [fileOf(name), is])),
  )
  for (const [name, { close }] of Object.entries(KINDS))
    await program.run(`const { it } = await load('./${fileOf(name)}'); ${close}`)
  // What is being closed is closed with the next turn.
  await program.run(`await new Promise(resolve => setImmediate(resolve))`)
  assert.deepEqual(await opened(program), {})
})
