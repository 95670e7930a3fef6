import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** One TCP connection with numbered lines both ways, and what went wrong on it. */
export interface Conversation {
  /** Versions of the application that have answered, in the order in which they first did. */
  versions: string[]
  answers: number
  failures: string[]
  /** Resolves when `version` has answered, or something has gone wrong. */
  answeredBy(version: string): Promise<void>
  /** Waits for the answers that are missing, and leaves. */
  stop(): Promise<void>
}

/**
 * Sends one numbered line after the other, cut anywhere, to a server that answers each with `<how many answers> <version> <number>`. Every answer must come, in
 * order, once; the server must not end the connection.
 */
export async function converse(port: number, seed: number): Promise<Conversation> {
  const socket = net.connect(port, '127.0.0.1')
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const random = randomOf(seed)
  const failures: string[] = []
  const versions: string[] = []
  const waiting: (() => void)[] = []
  let sent = 0
  let answers = 0
  let rest = ''
  let state: 'talks' | 'stops' | 'left' = 'talks'

  const wake = () => {
    for (const awake of waiting.splice(0)) awake()
  }
  const fail = (why: string) => {
    failures.push(`connection ${seed}, after ${answers} answers: ${why}`)
    state = 'left'
    socket.destroy()
    wake()
  }
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      answers += 1
      const [count, version = '', number] = line.split(' ')
      if (count !== String(answers) || number !== String(answers)) fail(`answer ${line}`)
      if (!versions.includes(version)) versions.push(version)
    }
    wake()
  })
  socket.on('error', error => fail(error.message))
  socket.on('close', () => {
    if (state !== 'left') fail('the server has ended the connection')
  })

  const talk = async () => {
    while (state === 'talks') {
      sent += 1
      const line = `${sent} ${'.'.repeat(random(200))}\n`
      const cut = random(line.length)
      socket.write(line.slice(0, cut))
      await delay(random(30))
      socket.write(line.slice(cut))
      await delay(random(30))
    }
  }
  const talked = talk()

  const until = async (isSo: () => boolean) => {
    while (!isSo() && failures.length === 0) await new Promise<void>(resolve => waiting.push(resolve))
  }
  return {
    versions,
    failures,
    get answers() {
      return answers
    },
    answeredBy: version => until(() => versions.at(-1) === version || versions.includes(version)),
    stop: async () => {
      if (state === 'talks') state = 'stops'
      await talked
      await until(() => answers === sent)
      state = 'left'
      socket.end()
    },
  }
}

/** Numbers that are the same in each run: `next(n)` is from 0 to below n. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
