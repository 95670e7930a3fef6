import { readFile } from 'node:fs/promises'
import { buildFailed } from './failure.ts'
import type { LocalDependencies } from './local-dependencies.ts'

/** Read without a YAML parser: pnpm writes each of these in one form. */
export async function readPnpmLock(file: string): Promise<LocalDependencies> {
  const text = await readFile(file, 'utf8')
  const workspaces = workspacesIn(text)
  if (workspaces.length > 0) {
    throw buildFailed(
      `${file} is the lockfile of a pnpm workspace (${workspaces.join(', ')}), which cannot be installed for one project alone. ` +
        'Run `pnpm install --ignore-workspace --lockfile-only` in the folder of the application, and build from there.',
    )
  }
  const resolutions = text.matchAll(/^ +resolution: \{.*?(?:directory: '?|tarball: '?file:)([^,}']+)/gm)
  return { linked: [], copied: [...new Set(Array.from(resolutions, match => match[1] ?? ''))] }
}

/** The folders other than its root that a lockfile is for. */
function workspacesIn(lockfile: string): string[] {
  const importers = /^importers:\n((?:\n| .*\n?)*)/m.exec(lockfile)?.[1] ?? ''
  const folders = Array.from(importers.matchAll(/^ {2}'?(\S.*?)'?:(?: \{\})?$/gm), match => match[1] ?? '')
  return folders.filter(folder => folder !== '.')
}
