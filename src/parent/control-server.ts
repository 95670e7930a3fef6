import { chmodSync } from 'node:fs'
import net from 'node:net'
import { BeamDeployError, messageOf } from '../errors.ts'
import type { ControlClientFunctions, ControlFunctions } from '../rpc/contracts.ts'
import { connect } from '../rpc/ipc.ts'
import { controlSocketPath, PROTOCOL_VERSION } from '../rpc/protocol.ts'
import { socketWire } from '../rpc/socket.ts'
import { removeStaleSocket } from './endpoints.ts'
import type { Parent } from './parent-types.ts'
import type { ParentSettings } from './settings.ts'

/** Bytes of a Unix socket's path, with its final NUL (unix(7); macOS has four fewer). */
const MAX_SOCKET_PATH = process.platform === 'linux' ? 108 : 104

/** Where the command line reaches the parent: only for the user who started it. */
export async function openControl(
  parent: Parent,
  { app, stateDir, logger }: ParentSettings,
): Promise<net.Server> {
  const path = controlSocketPath(stateDir)
  if (Buffer.byteLength(path) >= MAX_SOCKET_PATH) {
    throw new BeamDeployError(
      'invalid_option',
      `the state folder's path is too long for a socket in it: ${path} has ${Buffer.byteLength(path)} bytes, ` +
        `${MAX_SOCKET_PATH - 1} are allowed. Choose a shorter one with --state-dir.`,
      { phase: 'configure' },
    )
  }
  await removeStaleSocket(path)
  const server = net.createServer(socket => {
    // A command that never hangs up must not keep a parent that has ended everything.
    socket.unref()
    socket.on('error', error => logger.warn(`control connection: ${messageOf(error)}`))
    const functions: ControlFunctions = {
      hello: () => ({ protocol: PROTOCOL_VERSION, pid: process.pid, app }),
      upgrade: request => parent.upgrade(request, caller),
      rollback: () => parent.rollback(caller),
      hotUpgrade: request => parent.hotUpgrade(request, caller),
      planUpgrade: request => parent.planUpgrade(request, caller),
      status: () => parent.status(),
      stop: () => parent.stop(),
    }
    const client = connect<ControlClientFunctions, ControlFunctions>(functions, socketWire(socket))
    const caller: ControlClientFunctions = {
      progress: step => void client.progress.asEvent(step).catch(() => undefined),
      unpack: request => (client.$closed ? Promise.reject(commandGone()) : client.unpack(request)),
    }
    socket.once('close', () => client.$close(commandGone()))
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  // Made for its owner alone from its first moment; `chmod` after `listen` would leave a gap.
  const mask = process.umask(0o177)
  server.listen(path, listening.resolve)
  process.umask(mask)
  await listening.promise
  chmodSync(path, 0o600)
  return server
}

const commandGone = () =>
  new BeamDeployError('peer_gone', 'the command ended before the upgrade did', { phase: 'control' })
