import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { BeamDeployError } from '../errors.ts'
import { PARENT_CHILD } from '../programs.ts'
import type { ChildFunctions, ChildIdentity, ChildParentFunctions } from '../rpc/child-contracts.ts'
import { frameWire } from '../rpc/frames.ts'
import { connect } from '../rpc/ipc.ts'
import { PROTOCOL_VERSION } from '../rpc/protocol.ts'
import { describeExit, exitOf, killNow } from './exits.ts'
import { passOutputThrough } from './output.ts'
import type { ChildSpec, RunningChild } from './parent-children.ts'

export interface ModuleChild {
  id: string
  /** Absolute path of the module. */
  module: string
  /** Absolute; the working directory. */
  dir: string
  /** The Node.js of its release: absolute. */
  node: string
}

export interface ProcessChildOptions {
  env(): NodeJS.ProcessEnv
  functions(): ChildParentFunctions
  /** Milliseconds, or `Infinity`. */
  shutdownTimeout: number
  prefixOutput: boolean
}

const PIPE_FD = 3

/**
 * A parent child that is a module. It runs in a process of its own: the parent loads no code of the application, and a child
 * that dies takes nobody with it.
 */
export function processChild(spec: ModuleChild, options: ProcessChildOptions): ChildSpec {
  return { id: spec.id, start: () => startProcess(spec, options) }
}

async function startProcess(
  { id, module, dir, node }: ModuleChild,
  { env, functions, shutdownTimeout, prefixOutput }: ProcessChildOptions,
): Promise<RunningChild> {
  const identity: ChildIdentity = { protocol: PROTOCOL_VERSION, id, module, fd: PIPE_FD }
  const child = spawn(node, [PARENT_CHILD, JSON.stringify(identity)], {
    cwd: dir,
    env: env(),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // As a peer: Ctrl-C in the parent's terminal must not reach it, it is stopped after the last peer.
    detached: true,
  })
  passOutputThrough(child, { id, prefix: prefixOutput })
  const ended = exitOf(child).then(status => {
    const why = `has ended with ${describeExit(status)}`
    rpc?.$close(new BeamDeployError('peer_gone', `parent child ${id} ${why}`, { phase: 'control' }))
    return why
  })
  const rpc = connectTo(child, functions())
  if (!rpc) throw new Error(await ended)
  try {
    await rpc.start()
  } catch (error) {
    killNow(child)
    await ended
    throw error
  }
  return {
    pid: child.pid ?? -1,
    ended,
    call: (method, args) => rpc.call(method, args),
    stop: async () => {
      const late =
        shutdownTimeout === Infinity ? undefined : setTimeout(() => killNow(child), shutdownTimeout)
      try {
        await rpc.stop()
      } finally {
        await ended
        clearTimeout(late)
      }
    },
  }
}

function connectTo(child: ChildProcess, functions: ChildParentFunctions) {
  const pipe = child.stdio?.[PIPE_FD] as Socket | undefined
  pipe?.on('error', () => undefined)
  return pipe && connect<ChildFunctions, ChildParentFunctions>(functions, frameWire(pipe))
}
