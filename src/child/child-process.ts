import net from 'node:net'
import { pathToFileURL } from 'node:url'
import { methodsOf, type ParentChildInstance } from '../parent-child.ts'
import type { ChildFunctions, ChildIdentity, ChildParentFunctions } from '../rpc/child-contracts.ts'
import { createExchange } from '../rpc/exchange.ts'
import { frameWire } from '../rpc/frames.ts'
import { connect } from '../rpc/ipc.ts'
import { notExposed } from '../rpc/not-exposed.ts'
import { runCall } from '../rpc/outcome.ts'
import { CHILD_GLOBAL } from '../rpc/protocol.ts'
import type { ChildHandle } from './handle.ts'

/** A program of its own: runs one parent child that is a module, until the parent stops it or is gone. */
const { id, module, fd } = JSON.parse(process.argv[2] ?? '') as ChildIdentity
let instance: ParentChildInstance = {}
let methods: ReturnType<typeof methodsOf> = new Map()

const functions: ChildFunctions = {
  start: async () => {
    instance = (await startOf(await import(pathToFileURL(module).href))()) ?? {}
    methods = methodsOf(instance)
    instance.exited?.then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(1)
      },
    )
  },
  call: async (method, args) => {
    const run = methods.get(method)
    if (run) return runCall(run, args, `${method}() of parent child ${id}`)
    throw notExposed(`parent child ${id}`, method, [...methods.keys()])
  },
  stop: async () => {
    await instance.stop?.()
    // In the next turn, when the answer is on its way.
    setImmediate(() => socket.end(() => process.exit(0)))
  },
}

const socket = new net.Socket({ fd, readable: true, writable: true })
socket.on('error', () => undefined)
const parent = connect<ChildParentFunctions, ChildFunctions>(functions, frameWire(socket))
const exchange = createExchange(`parent child ${id}`, parent)
const handle: ChildHandle = { operations: parent, exchange: () => exchange }
Object.defineProperty(globalThis, CHILD_GLOBAL, { value: handle })

// A parent that was killed: nobody is left to work for.
socket.once('close', async () => {
  await instance.stop?.()
  process.exit(1)
})

type Start = () => ParentChildInstance | undefined | Promise<ParentChildInstance | undefined>

/** A module's `start`, or its default export, which may be that function or an object with it. */
function startOf(exported: { start?: unknown; default?: unknown }): Start {
  const { start, default: main } = exported
  const found = [start, main, (main as { start?: unknown } | undefined)?.start].find(
    candidate => typeof candidate === 'function',
  )
  if (found) return found as Start
  throw new Error(`${module} exports no function "start", nor one as its default`)
}
