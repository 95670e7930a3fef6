import { INSTALLED_NODE, isExecutable } from '../node-binary.ts'
import type { ArchiveContent } from './archive-content.ts'
import { buildFailed } from './failure.ts'

/** What the npm package `node` installs its program from: the same once more, and its headers. Nothing of it is used at run time. */
const ORIGIN = 'node_modules/node/node_modules/'

/**
 * The Node.js that the release brings, by its path in the archive: the one that the configuration names, else one that is
 * installed. It is not started: it may be for another host. `build_failed` when the one that is named is no program in the release.
 */
export function packedNode(named: string | undefined, content: ArchiveContent): string | undefined {
  const path = named ?? INSTALLED_NODE
  const found = content.get(path)
  if (found?.type === 'file' && isExecutable(found.source)) return path
  if (named === undefined) return undefined
  throw buildFailed(
    `The configuration names ${named} as the Node.js to run on, and no executable file of that name goes into the release. ` +
      'Correct the name, or add it to "files" in package.json.',
  )
}

/** `content` without the second copy of a Node.js that is installed. */
export function withNodeOnce(content: ArchiveContent, node: string | undefined): ArchiveContent {
  if (node !== INSTALLED_NODE) return content
  return new Map([...content].filter(([path]) => !path.startsWith(ORIGIN)))
}
