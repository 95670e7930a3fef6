import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dependencyFolders } from './dependencies.ts'
import type { Files, HotProgram } from './hot-program.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A package of the registry as an application: its own code as the application's modules, and a small entry that serves with it. */
export interface RealApp {
  /** Of the package; its code is in the folder of this name. Versions are installed as `<name>-<version>`. */
  name: string
  /** How it loads the package as `thing`; without it, `require` does. */
  imports?: string
  /** An expression for what answers, made once when the program starts. */
  handler: string
}

/** What an upgrade to a version comes to: seen by the clients, not to be seen by them, or refused with such reasons. */
type Step = readonly [version: string, outcome: 'seen' | 'unseen' | readonly RegExp[]]

export interface RealAppCase extends RealApp {
  first: string
  steps: readonly Step[]
  asks: readonly Ask[]
  /** The version whose dependencies are there; without it, the last. */
  needs?: string
}

/** The entry of an application: it counts what it has served, and by how many connections. */
function entryOf({ name, imports, handler }: RealApp): string {
  const head = imports
    ? `import { createServer } from 'node:http'\n${imports}`
    : `const { createServer } = require('node:http')\nconst thing = require('./${name}')`
  return `${head}
let served = 0
let connections = 0
const handler = ${handler}
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  served += 1
  response.setHeader('x-served', served + ' by ' + connections)
  handler(request, response)
})
server.on('connection', () => { connections += 1 })
server.listen(0, '127.0.0.1')
${imports ? 'export { server }' : 'exports.server = server'}
`
}

/**
 * The files of an application that is one version of a package.
 *
 * @param needs the version whose dependencies are there: what a package asks for changes with its versions, and that is no hot upgrade.
 */
export function filesOf(app: RealApp, version: string, needs: string): Files {
  const files: Files = { 'server.js': entryOf(app) }
  const alias = `node_modules/${app.name}-${version}`
  read(join(ROOT, alias), app.name, files)
  const owner = `${app.name}-${needs}`
  // What is nearer to the package comes later, and counts.
  for (const folder of dependencyFolders([owner]).toSorted((a, b) => a.length - b.length)) {
    if (folder === `node_modules/${owner}`) continue
    read(join(ROOT, folder), folder.replace(`node_modules/${owner}/`, ''), files)
  }
  return files
}

const CODE = /(\.[cm]?js|\.json)$/
const NOT_RUN = /^(tests?|docs|bench(marks?)?|examples?|node_modules|\..*)$/

function read(folder: string, into: string, files: Files): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const [from, to] = [join(folder, entry.name), `${into}/${entry.name}`]
    if (entry.isDirectory()) {
      if (!NOT_RUN.test(entry.name)) read(from, to, files)
    } else if (CODE.test(entry.name)) files[to] = readFileSync(from, 'utf8')
  }
}

/** Method, path, headers, and what is sent. */
export type Ask = readonly [method: string, path: string, headers?: Record<string, string>, body?: string]

/** A client that keeps one connection. */
export interface Client {
  /** What is answered, as text, without what is another one each time. */
  ask(asks: readonly Ask[]): Promise<string[]>
  /** How many requests the server says it has served, and by how many connections. */
  served(): string
}

export async function clientOf(t: { after(end: () => void): void }, program: HotProgram): Promise<Client> {
  const port = await program.run<number>(`
    const { server } = await load('./server.js')
    if (!server.listening) await new Promise(resolve => server.once('listening', resolve))
    return server.address().port`)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  let served = ''
  const one = ([method, path, headers = {}, body = '']: Ask) =>
    new Promise<string>((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', agent, method, path, headers }, response => {
        let text = ''
        response.setEncoding('utf8').on('data', (data: string) => {
          text += data
        })
        response.once('error', reject).once('end', () => {
          const { date, connection, 'keep-alive': _, 'x-served': count, ...others } = response.headers
          served = String(count)
          resolve(`${method} ${path}: ${response.statusCode} ${JSON.stringify(others)} ${text}`)
        })
      })
      sent.once('error', reject).end(body)
    })
  return {
    ask: async asks => {
      const answers: string[] = []
      for (const each of asks) answers.push(await one(each))
      return answers
    },
    served: () => served,
  }
}
