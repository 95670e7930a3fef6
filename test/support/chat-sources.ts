/** A chat server whose state is all in variables of the one module that changes; its functions say of which version they are. */
export const chatSources = (version: string): Record<string, string> => ({
  'app.ts': `
import http from 'node:http'
import { openPool, type Pool } from './pool.ts'

export const rooms = new Map<string, string[]>()
export let ticks = 0
const pool: Pool = openPool(Number(process.env.BACKEND), 3)
const said = { versions: new Set<string>() }
let n = 0

const version = () => '${version}'

setInterval(() => {
  ticks += 1
  said.versions.add('tick ${version}')
}, 5)

class Room {
  static made = 0
  name: string
  constructor(name: string) {
    Room.made += 1
    this.name = name
  }
  add(text: string) {
    const messages = rooms.get(this.name) ?? []
    messages.push(text + ' ${version}')
    rooms.set(this.name, messages)
  }
}
const lobby = new Room('lobby')

async function post(): Promise<string> {
  const turn = n
  n += 1
  const echo = await pool.ask('${version} ' + turn)
  lobby.add(echo)
  return version()
}

const server = http.createServer({ keepAliveTimeout: 60_000 }, async (_request, response) => {
  const answer = await post()
  response.setHeader('x-version', answer)
  response.end(answer)
})
server.listen(Number(process.env.PORT))

export const seen = () => ({
  n,
  messages: rooms.get('lobby')?.length,
  rooms: rooms.size,
  made: Room.made,
  timers: process.getActiveResourcesInfo().filter(type => type === 'Timeout').length,
  used: pool.used(),
  versions: [...said.versions],
})
`,
  'pool.ts': `
import net from 'node:net'

let opened = 0
let used = 0

export interface Pool {
  ask(text: string): Promise<string>
  used(): [number, number]
}

export function openPool(port: number, size: number): Pool {
  const sockets = Array.from({ length: size }, () => {
    opened += 1
    return net.connect(port, '127.0.0.1').setEncoding('utf8')
  })
  const waiting = new Map<string, (answer: string) => void>()
  for (const socket of sockets) {
    let text = ''
    socket.on('data', chunk => {
      text += chunk
      const lines = text.split('\\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        waiting.get(line)?.(line)
        waiting.delete(line)
      }
    })
  }
  return {
    ask: question =>
      new Promise(resolve => {
        waiting.set(question, resolve)
        sockets[used % size]?.write(question + '\\n')
        used += 1
      }),
    used: () => [opened, used],
  }
}
`,
})
