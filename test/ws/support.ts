import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { notesOf } from '../parent/support.ts'
import { type RunningApp, startApp } from '../support/beam.ts'
import { type Player, type PlayOptions, play } from '../support/numbered-messages.ts'
import { packApp, tempDir } from '../support/pack-app.ts'

/** What a release does otherwise than the fixture: the content of its `settings.js`, each as an expression. */
export type Settings = Partial<Record<'serverOptions' | 'handoffOptions' | 'more', string>>

const textOf = (settings: Settings) => ({
  'settings.js': `
export const serverOptions = ${settings.serverOptions ?? '{}'}
export const handoffOptions = ${settings.handoffOptions ?? 'options => options'}
export const more = ${settings.more ?? '() => {}'}
`,
})

export interface Swapped {
  app: RunningApp
  archives: readonly [first: string, second: string]
  players: Player[]
  notes(): string[]
}

/** Two releases, and clients that play with the first one. */
export async function begin(
  t: TestContext,
  count: number,
  { first = {}, second = first, args = [], overUnixSocket = false, ...play }: PlayOptions & BeginOptions = {},
): Promise<Swapped> {
  const notes = join(tempDir(t), 'notes')
  const [one = '', two = ''] = await Promise.all([
    packApp(t, 'websocket-app', { version: '1.0.0', files: textOf(first) }),
    packApp(t, 'websocket-app', { version: '2.0.0', files: textOf(second) }),
  ])
  const unixSocket = overUnixSocket ? join(tempDir(t), 'socket') : undefined
  const app = await startApp(t, one, {
    args: [...args, ...(unixSocket === undefined ? [] : ['--path', unixSocket])],
    configured: overUnixSocket,
    env: { NOTES: notes, SOCKET: unixSocket },
  })
  const players = await playAll(t, app.port, count, { ...play, unixSocket })
  return { app, archives: [one, two], players, notes: () => notesOf(notes) }
}

interface BeginOptions {
  first?: Settings
  second?: Settings
  args?: string[]
  overUnixSocket?: boolean
}

/** More clients; they have been answered, or silently welcomed. */
export async function playAll(
  t: TestContext,
  port: number,
  count: number,
  options: PlayOptions = {},
): Promise<Player[]> {
  const players = await Promise.all(Array.from({ length: count }, (_, seed) => play(port, seed, options)))
  t.after(() => Promise.all(players.map(player => player.stop())))
  await Promise.all(
    players.map(player =>
      player.until(() => (options.isSilent ? player.others.length > 0 : player.answers > 0)),
    ),
  )
  return players
}
