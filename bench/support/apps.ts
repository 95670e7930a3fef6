import { layOutApp, packApp } from '../../test/support/pack-app.ts'
import type { Scope } from '../../test/support/scope.ts'

/** An application to measure. */
export interface App {
  label: string
  /** Its folder in `test/fixtures`, and its package name. */
  name: string
}

/** Express 5 with its dependencies. */
export const EXPRESS: App = { label: 'Express', name: 'express-app' }

/** As little as answers: whatever is added to a request shows most here. */
export const BARE: App = { label: 'bare node:http', name: 'http-app' }

/** Plain-text HTTP/2, as behind a proxy. */
export const HTTP2: App = { label: 'node:http2', name: 'http2-app' }

/** The file that all of them are run by. */
export const ENTRY = 'server.js'

/** A release archive; resolves to its path. */
export const archiveOf = (scope: Scope, { name }: App, version: string): Promise<string> =>
  packApp(scope, name, { version })

/** The same as a folder; returns its path. */
export const folderOf = (scope: Scope, { name }: App, version: string): string =>
  layOutApp(scope, name, { version })
