import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { until } from '../parent/support.ts'
import { tempDir } from './pack-app.ts'

/** A row of the table of channels in `docs/events.md`. */
export interface Channel {
  name: string
  when: string
  /** Of its message, but for those that all have. */
  keys: string[]
}

export function documentedChannels(): Channel[] {
  const docs = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')
  return [...docs.matchAll(/^\| `(beam-deploy:[\w:]+)` \| (.+) \| (.+) \|$/gm)].map(
    ([, name, when, keys]) => ({
      name: String(name),
      when: String(when),
      keys: [...String(keys).matchAll(/`(\w+)`/g)].map(([, key]) => String(key)),
    }),
  )
}

export interface Heard {
  /** Of the process that heard it. */
  pid: number
  /** Without `beam-deploy:`. */
  name: string
  message: Record<string, unknown>
}

export interface Recording {
  /** What an application needs to record what it hears. */
  env: NodeJS.ProcessEnv
  /** Everything that was heard so far, or by one process. */
  heard(pid?: number): Heard[]
  names(pid: number): string[]
  /** Resolves to what `pid` heard once `name` is among it for the `count`th time. */
  until(pid: number, name: string, count?: number): Promise<Heard[]>
}

/** For the fixtures `hears-events` and `library-hears-events`: they record every documented channel. */
export function recordEvents(t: TestContext): Recording {
  const file = join(tempDir(t), 'heard')
  const heard = (pid?: number) =>
    readFileSync(file, { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Heard)
      .map(event => ({ ...event, name: event.name.replace('beam-deploy:', '') }))
      .filter(event => pid === undefined || event.pid === pid)
  const channels = documentedChannels().map(({ name }) => name)
  return {
    env: { HEARD: file, CHANNELS: channels.join(',') },
    heard,
    names: pid => heard(pid).map(({ name }) => name),
    until: (pid, name, count = 1) =>
      until(() => heard(pid).filter(event => event.name === name).length >= count && heard(pid)),
  }
}

/** Each message has the keys that `docs/events.md` gives it, and no other. */
export function assertAsDocumented(heard: Heard[]): void {
  const keys = new Map(documentedChannels().map(channel => [channel.name, ['app', 'at', ...channel.keys]]))
  for (const { name, message } of heard)
    assert.deepEqual(Object.keys(message).sort(), keys.get(`beam-deploy:${name}`)?.sort(), name)
}
