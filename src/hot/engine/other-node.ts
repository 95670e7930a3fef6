import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MANIFEST_PATH } from '../../release/manifest.ts'
import type { HotReason } from '../../rpc/hot-contracts.ts'

/** A release that says that it is for another Node.js than runs here. A parent compares that itself. */
export async function otherNodeReasons(dir: string): Promise<HotReason[]> {
  const running = process.versions.node
  const major = Number.parseInt(running, 10)
  const built = builtFor(dir)
  // Who upgrades nothing does not need it.
  const { unmetEngine } = await import('../../release/engines.ts')
  const wanted = unmetEngine(dir, running)
  return [
    ...(built === undefined || built === major
      ? []
      : [reasonOf(`it was built for Node.js ${built}`, running, `Build it with Node.js ${major}`)]),
    ...(wanted === null
      ? []
      : [reasonOf(`it asks for Node.js ${wanted} in \`engines\``, running, 'Correct that')]),
  ]
}

/** The major version of the Node.js that a release was built on, where it says so. */
function builtFor(dir: string): number | undefined {
  const file = join(dir, MANIFEST_PATH)
  if (!existsSync(file)) return undefined
  const { runtime } = JSON.parse(readFileSync(file, 'utf8')) as { runtime?: { nodeMajor?: number } }
  return runtime?.nodeMajor
}

const reasonOf = (what: string, running: string, remedy: string): HotReason => ({
  module: 'package.json',
  line: null,
  message: `${what}, and what runs is Node.js ${running}`,
  remedy: `${remedy}, or start it anew.`,
  allow: null,
})
