import { constants } from 'node:os'
import { endpointLabel, type InheritedEndpoint } from '../rpc/protocol.ts'

/** As Node.js writes it, down to the properties: applications look at them to try another port. */
export function addressInUse(endpoint: InheritedEndpoint): NodeJS.ErrnoException {
  const where =
    endpoint.kind === 'tcp' ? { address: endpoint.host, port: endpoint.port } : { address: endpoint.path }
  const error = new Error(`listen EADDRINUSE: address already in use ${Object.values(where).join(':')}`)
  return Object.assign(error, {
    code: 'EADDRINUSE',
    errno: -constants.errno.EADDRINUSE,
    syscall: 'listen',
    ...where,
  })
}

/** As Node.js throws it. */
export function alreadyListening(): NodeJS.ErrnoException {
  const error = new Error('Listen method has been called more than once without closing.')
  return Object.assign(error, { code: 'ERR_SERVER_ALREADY_LISTEN' })
}

/** An inherited socket is gone from a process with the server that had it; the parent and the next peer still hold it. */
export function closedByApplication(endpoint: InheritedEndpoint): Error {
  return new Error(
    `beam-deploy: the application closed its server on ${endpointLabel(endpoint)} and listens there again; ` +
      'a peer can open each endpoint once. Keep the server, or end the process to have it restarted.',
  )
}
