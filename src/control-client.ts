import net from 'node:net'
import { join } from 'node:path'
import { BeamDeployError } from './errors.ts'
import type { ControlClientFunctions, ControlFunctions } from './rpc/contracts.ts'
import { connect } from './rpc/ipc.ts'
import { controlSocketPath, PROTOCOL_VERSION } from './rpc/protocol.ts'
import { socketWire } from './rpc/socket.ts'
import { appFolders, appOfFolder, appStateDir } from './state-dir.ts'

export interface ControlConnection extends AsyncDisposable {
  app: string
  pid: number
  parent: Pick<
    {
      [K in keyof ControlFunctions]: (
        ...args: Parameters<ControlFunctions[K]>
      ) => Promise<Awaited<ReturnType<ControlFunctions[K]>>>
    },
    'upgrade' | 'rollback' | 'hotUpgrade' | 'planUpgrade' | 'status' | 'stop'
  >
}

/** Reaches the parent of `app`, or of the one application that runs. Rejects with `not_running` or `incompatible_protocol`. */
export async function connectControl(
  root: string,
  app: string | undefined,
  functions: ControlClientFunctions,
): Promise<ControlConnection> {
  const socket = app === undefined ? await findOnly(root) : await open(appStateDir(root, app))
  if (!socket) throw notRunning(root, app)
  const parent = connect<ControlFunctions, ControlClientFunctions>(functions, socketWire(socket))
  socket.once('close', () => {
    parent.$close(
      new BeamDeployError('peer_gone', 'the parent ended before it answered', { phase: 'control' }),
    )
  })
  const hello = await parent.hello(PROTOCOL_VERSION)
  if (hello.protocol !== PROTOCOL_VERSION) {
    socket.destroy()
    throw new BeamDeployError(
      'incompatible_protocol',
      `the parent of ${hello.app} (process ${hello.pid}) speaks protocol ${hello.protocol}, this command ${PROTOCOL_VERSION}. ` +
        'Use the version of beam-deploy that it was started with.',
      { phase: 'control' },
    )
  }
  return {
    app: hello.app,
    pid: hello.pid,
    parent,
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  }
}

async function findOnly(root: string): Promise<net.Socket | null> {
  const found: { name: string; socket: net.Socket }[] = []
  for (const name of appFolders(root)) {
    const socket = await open(join(root, name))
    if (socket) found.push({ name, socket })
  }
  if (found.length > 1) {
    for (const { socket } of found) socket.destroy()
    const names = found.map(({ name }) => appOfFolder(name)).join(', ')
    throw new BeamDeployError('invalid_option', `several applications run: ${names}. Name one with --app.`, {
      phase: 'configure',
    })
  }
  return found[0]?.socket ?? null
}

/** `null` where nobody listens. */
function open(stateDir: string): Promise<net.Socket | null> {
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket | null>()
  const socket = net.connect(controlSocketPath(stateDir), () => {
    socket.off('error', onError)
    // From here on the loss of the connection is told by 'close'.
    socket.on('error', () => undefined)
    resolve(socket)
  })
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR') resolve(null)
    else
      reject(
        new BeamDeployError(
          'not_running',
          `cannot reach the parent at ${controlSocketPath(stateDir)}: ${error.message}`,
          { phase: 'control', cause: error },
        ),
      )
  }
  socket.on('error', onError)
  return promise
}

function notRunning(root: string, app: string | undefined): BeamDeployError {
  return new BeamDeployError(
    'not_running',
    `${app ?? 'no application'} is ${app === undefined ? '' : 'not '}running with state folder ${root}. ` +
      'Start it with `beam-deploy start`, or name the right one with --app and --state-dir.',
    { phase: 'control' },
  )
}
