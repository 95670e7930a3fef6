/** A request to the application, over its private way in: nobody else's connection is involved. */
export interface ProbeRequest {
  /** With its query, such as `'/healthz?full=1'`. */
  path: string
  /** Default `GET`. */
  method?: string
  /** Beside `Host`, which is that of the endpoint, and `User-Agent`. */
  headers?: Record<string, string>
  body?: string
  /** Which endpoint is asked, as `status` names it: `'3001'`, `'127.0.0.1:3001'`, `'/run/app.sock'`. Default: the first. */
  endpoint?: string
}

/** A request whose answer says whether a new release is well. */
export interface HealthRequest extends ProbeRequest {
  /** What must be answered. Default: 200 to 299. A redirect is not followed. */
  status?: number | number[]
  /** What the body must contain. */
  text?: string
}

/** A request that has a new release run its code before the first user does. */
export interface WarmUpRequest extends ProbeRequest {
  /** How often it is sent, one after the other. Default 20, at most 1 000. */
  times?: number
}

/** How it is found out whether a new release is well, before it gets a connection. Milliseconds. */
export interface HealthCheck {
  requests?: HealthRequest[]
  /** Relative to the folder of the release; exports the function `healthCheck`, or has it as its default. */
  module?: string
  tries?: number
  interval?: number
  timeout?: number
  warmUp?: WarmUpRequest[]
}

/** What the application itself has told its peer about its health check, in `start()`. */
export interface DeclaredHealth extends HealthCheck {
  /** Whether it has given a function. */
  isFunction: boolean
}

/** One thing that is asked of a peer. `timeoutMs` is for each answer. */
export type Probe =
  | { kind: 'request'; request: HealthRequest; timeoutMs: number }
  | { kind: 'warm-up'; request: WarmUpRequest; timeoutMs: number }
  | { kind: 'module'; path: string }
  /** The function that was given to `start()`. */
  | { kind: 'function' }

/** `reason` follows the name of what was asked: "was answered with 500 …". With `final` no other try can end otherwise. */
export type ProbeResult = { ok: true } | { ok: false; reason: string; final?: true }

export const PASSED: ProbeResult = { ok: true }

/** What a peer offers its parent for it, at any time of its life. */
export interface PeerHealthFunctions {
  probe(probe: Probe): Promise<ProbeResult>
}
