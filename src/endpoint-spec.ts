/** An address the parent holds: a TCP port, where `host` is a numeric address or a name, or a Unix socket. */
export type EndpointSpec = { port: number; host?: string } | { path: string }
