import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Files, startHotProgram } from '../hot-program.ts'
import { tempDir } from '../pack-app.ts'
import type { Scope } from '../scope.ts'
import { edited } from './edits.ts'
import { type AppFormat, entryFormat, makeApp } from './make-app.ts'
import type { AppModel } from './model.ts'
import { LOOK, lookAt, type Seen } from './observe.ts'
import type { Random } from './random.ts'
import { appFiles, entryOf } from './write-app.ts'

/** A version of a generated application, with what a fresh start of it shows. */
export interface Version {
  app: AppModel
  files: Files
  seen: Seen
}

/** Starts versions afresh, all in one process without hot loading: each has addresses of its own. */
export interface FreshStarts {
  /** `null` for a version that does not start, or has something to show that is no number. */
  of(app: AppModel, format: AppFormat): Promise<Version | null>
}

export async function freshStarts(t: Scope): Promise<FreshStarts> {
  const home = tempDir(t)
  const program = await startHotProgram(t, { 'app.js': '' }, { hot: false })
  let count = 0
  return {
    of: async (app, format) => {
      count += 1
      const dir = join(home, String(count))
      const entry = entryOf(entryFormat(format))
      const files = appFiles(app, entryFormat(format))
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true })
        writeFileSync(join(dir, path), text ?? '')
      }
      const look = lookAt(app, entry, pathToFileURL(join(dir, entry)).href, true)
      try {
        const seen = await program.run<Seen>(LOOK, look)
        return isSound(Object.values(seen.state)) && Object.values(seen.code).every(Number.isSafeInteger)
          ? { app, files, seen }
          : null
      } catch (error) {
        if (program.child.exitCode !== null || program.child.signalCode !== null) throw error
        // It reads something too early, or something that is not there.
        return null
      }
    },
  }
}

/** Numbers, and what is made of them: nothing was read before it was there. */
function isSound(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' || Number.isSafeInteger(value)
  return Object.values(value).every(isSound)
}

const TRIES = 200

export async function firstVersion(fresh: FreshStarts, random: Random, format: AppFormat): Promise<Version> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const version = await fresh.of(makeApp(random, format), format)
    if (version) return version
  }
  throw new Error('no application that starts')
}

export async function nextVersion(
  fresh: FreshStarts,
  { app }: Version,
  random: Random,
  format: AppFormat,
): Promise<Version> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const next = await fresh.of(edited(app, random, format), format)
    if (next) return next
  }
  throw new Error('no other version that starts')
}
