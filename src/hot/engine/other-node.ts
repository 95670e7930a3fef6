import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MANIFEST_PATH } from '../../release/manifest.ts'
import type { HotReason } from '../../rpc/hot-contracts.ts'

/** A release that says that it was built for another major version of Node.js than runs here. A parent compares that itself. */
export function otherNodeReasons(dir: string): HotReason[] {
  const file = join(dir, MANIFEST_PATH)
  if (!existsSync(file)) return []
  const { runtime } = JSON.parse(readFileSync(file, 'utf8')) as { runtime?: { nodeMajor?: number } }
  const running = process.versions.node
  const major = Number.parseInt(running, 10)
  if (runtime?.nodeMajor === undefined || runtime.nodeMajor === major) return []
  return [
    {
      module: 'package.json',
      line: null,
      message: `it was built for Node.js ${runtime.nodeMajor}, and what runs is Node.js ${running}`,
      remedy: `Build it with Node.js ${major}, or start it anew.`,
      allow: null,
    },
  ]
}
