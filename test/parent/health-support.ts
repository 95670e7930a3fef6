import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type RunningApp, type StartOptions, startApp } from '../support/beam.ts'
import { type PackOptions, packApp, tempDir } from '../support/pack-app.ts'
import { notesOf } from './support.ts'

/** Packs the application that notes each request that reaches it. `healthz` is the body of what answers `/healthz`. */
export const packHealth = (
  t: TestContext,
  version: string,
  { healthz, config, files }: { healthz?: string; config?: object } & Pick<PackOptions, 'files'> = {},
) =>
  packApp(t, 'health-app', {
    version,
    ...(config && { manifest: { beamDeploy: config } }),
    files: {
      ...(healthz !== undefined && {
        'healthz.js': `export default (request, response) => { ${healthz} }\n`,
      }),
      ...files,
    },
  })

export interface HealthApp extends RunningApp {
  notes: string
  /** What has reached releases so far: `<version> <who> <method> <path>`; `who` is `public`, or one of ours by its user agent. */
  requests(version: string): string[]
  publicRequests(version: string): string[]
}

export async function startHealth(
  t: TestContext,
  archive: string,
  { env, ...options }: StartOptions = {},
): Promise<HealthApp> {
  const notes = join(tempDir(t), 'notes')
  const app = await startApp(t, archive, { ...options, env: { ...env, NOTES: notes } })
  const requests = (version: string) =>
    notesOf(notes)
      .filter(line => line.startsWith(`${version} `))
      .map(line => line.slice(version.length + 1))
  return {
    ...app,
    notes,
    requests,
    publicRequests: version => requests(version).filter(line => line.startsWith('public ')),
  }
}

/** As many tries as a test has patience for. */
export const QUICK = ['--health-tries', '2', '--health-interval', '20ms', '--health-timeout', '300ms']
