import diagnostics from 'node:diagnostics_channel'

const CHANNELS = ['net.server.socket', 'http.server.request.start', 'http2.server.stream.created']

/** Calls back once, when the first client is there: the application has started, then. */
export function whenServing(started: () => void): void {
  const heard = () => {
    for (const name of CHANNELS) diagnostics.unsubscribe(name, heard)
    started()
  }
  for (const name of CHANNELS) diagnostics.subscribe(name, heard)
}
