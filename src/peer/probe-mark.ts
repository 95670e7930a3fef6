/**
 * Marks the connections of a peer to itself: they are not the public's, and nothing that counts or watches the public's may take them
 * for such. Known to every part of the preload; these are bundles of their own.
 */
const PROBE = Symbol.for('beam-deploy.probe')

export function markProbe(socket: object): void {
  Object.defineProperty(socket, PROBE, { value: true })
}

/** Also of what an HTTP/2 session shows as its socket, which answers a reading only. */
export const isProbe = (socket: object | undefined): boolean =>
  socket !== undefined && (socket as { [PROBE]?: true })[PROBE] === true
